/** Who hears what, and what is made of what is owed. */
import { expect, test } from 'vitest'
import { accept, bury, keptEvent, refOf } from '../../../test/support/store.ts'
import { useTestStore } from '../../../test/support/use-test-store.ts'
import { readEvent, readPayload } from './event-record.ts'
import { recordOwed, tellingOf, type Telling } from './operational-events.ts'
import type { OwedEvent } from './owed-event.ts'

const store = useTestStore()

const heardBy = (...subscribe: string[]) =>
  [...tellingOf(() => [{ name: 'slack', subscribe, filter: undefined, breaker: { openMs: 1 } }]).heard].sort()

test('what is owed is what somebody subscribes to, by type', () => {
  expect(heardBy('manifold.backlog.high')).toEqual([])
  expect(heardBy('**', 'order.*')).toEqual([])
  expect(heardBy('manifold.delivery.dead')).toEqual(['dead'])
  expect(heardBy('manifold.target.*')).toEqual(['gone', 'opened', 'recovered'])
  expect(heardBy('manifold.**')).toEqual(['dead', 'gone', 'opened', 'recovered'])
})

const toldTo = (...subscribers: string[]): Telling => ({
  heard: new Set(['dead']),
  subscribers: () => subscribers,
  openMsOf: () => undefined,
})

async function owedDeath(untoldUntilMs?: number): Promise<{ eventId: string; owed: OwedEvent }> {
  const eventId = await accept(store)
  await bury(store, refOf(eventId))
  const happening = { what: 'dead', reason: 'exhausted', untoldUntilMs } as const
  return { eventId, owed: { kind: 'operational', ref: refOf(eventId), happening } }
}

test('whoever pays again enqueues for all that were recorded first, and for no other', async () => {
  const { eventId, owed } = await owedDeath()
  const event = await keptEvent(store, eventId)
  const alertId = `manifold!dead.${eventId}.crm.1`
  const first = await recordOwed(store, toldTo('slack', 'pager'), event, owed)
  expect(first).toEqual([refOf(alertId, 'slack'), refOf(alertId, 'pager')])
  // By then another config may be in force.
  expect(await recordOwed(store, toldTo('slack', 'mail'), event, owed)).toEqual(first)
  expect((await readEvent(store, alertId))?.deliveries.map(({ target }) => target)).toEqual([
    'slack',
    'pager',
  ])
})

test.each([
  [undefined, null],
  [1_760_000_000_000, '2025-10-09T08:53:20.000Z'],
])('a death that is the last to be told until %s says so', async (untoldUntilMs, untoldUntil) => {
  const { eventId, owed } = await owedDeath(untoldUntilMs)
  await recordOwed(store, toldTo('slack'), await keptEvent(store, eventId), owed)
  const data = await readPayload(store, `manifold!dead.${eventId}.crm.1`)
  expect(data).toMatchObject({ eventId, reason: 'exhausted', untoldUntil })
})
