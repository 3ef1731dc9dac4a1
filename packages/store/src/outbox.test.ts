import { expect, test } from 'vitest'
import { accept, bury, refOf } from '../../../test/support/store.ts'
import { useTestStore } from '../../../test/support/use-test-store.ts'
import { keys } from './keys.ts'
import { confirmOutbox, outboxSize, overdueOutbox } from './outbox.ts'
import { reopenDelivery } from './reopen.ts'

const store = useTestStore()

/** As if the entry had been put on the outbox that much earlier. */
async function age(entry: string, byMs: number): Promise<void> {
  await store.redis.zincrby(keys.outbox, -byMs, entry)
}

test('an accepted event stays on the outbox until it is confirmed', async () => {
  const eventId = await accept(store)
  expect(await outboxSize(store)).toBe(1)
  await confirmOutbox(store, [{ kind: 'event', eventId }])
  expect(await outboxSize(store)).toBe(0)
})

test('only entries of the asked age are overdue, oldest first', async () => {
  const [young, old, oldest] = [await accept(store), await accept(store), await accept(store)]
  await age(old, 10_000)
  await age(oldest, 20_000)
  expect(await overdueOutbox(store, 5_000, 10)).toEqual([
    { kind: 'event', eventId: oldest },
    { kind: 'event', eventId: old },
  ])
  expect(await overdueOutbox(store, 0, 10)).toContainEqual({ kind: 'event', eventId: young })
})

test('no more than the limit is handed out, the oldest of all', async () => {
  const [first, second] = [await accept(store), await accept(store)]
  await age(first, 20_000)
  await age(second, 10_000)
  expect(await overdueOutbox(store, 5_000, 1)).toEqual([{ kind: 'event', eventId: first }])
})

test('a replayed delivery is an entry of its own beside its event', async () => {
  const eventId = await accept(store, { id: 'my-event.v1~2_x', targets: ['crm-eu-2'], ownId: true })
  await bury(store, refOf(eventId, 'crm-eu-2'))
  await reopenDelivery(store, eventId, 'crm-eu-2')
  const delivery = { kind: 'delivery', ref: refOf(eventId, 'crm-eu-2', 2) } as const
  expect(await overdueOutbox(store, 0, 10)).toEqual([{ kind: 'event', eventId }, delivery])
  await confirmOutbox(store, [delivery])
  expect(await overdueOutbox(store, 0, 10)).toEqual([{ kind: 'event', eventId }])
})

test('confirming one generation leaves the next one on the outbox', async () => {
  const eventId = await accept(store)
  await confirmOutbox(store, [{ kind: 'event', eventId }])
  for (const generation of [1, 2]) {
    await bury(store, refOf(eventId, 'crm', generation))
    await reopenDelivery(store, eventId, 'crm')
  }
  await confirmOutbox(store, [{ kind: 'delivery', ref: refOf(eventId, 'crm', 2) }])
  expect(await overdueOutbox(store, 0, 10)).toEqual([{ kind: 'delivery', ref: refOf(eventId, 'crm', 3) }])
})

test('confirming nothing, or what is confirmed already, changes nothing', async () => {
  await accept(store)
  await confirmOutbox(store, [])
  await confirmOutbox(store, [{ kind: 'event', eventId: 'evt_unknown' }])
  expect(await outboxSize(store)).toBe(1)
})
