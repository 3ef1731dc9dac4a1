import { isTerminal } from '@manifold/domain'
import { describe, expect, test } from 'vitest'
import {
  accept,
  attemptAndSettle,
  bury,
  claim,
  dumpOf,
  keptEvent,
  refOf,
} from '../../../test/support/store.ts'
import { useTestStore } from '../../../test/support/use-test-store.ts'
import { readBacklog } from './backlog.ts'
import { cancelEvent } from './cancel.ts'
import { readChanges } from './change-feed.ts'
import { claimDelivery } from './claim.ts'
import { overdueOutbox } from './outbox.ts'
import { reopenDelivery } from './reopen.ts'

const store = useTestStore()

const TARGETS = ['crm', 'email']

test('cancelling an event that nobody has attempted settles it as cancelled', async () => {
  const eventId = await accept(store, { targets: TARGETS })
  const result = await cancelEvent(store, eventId)
  expect(result).toEqual({
    kind: 'cancelled',
    refs: TARGETS.map((target) => refOf(eventId, target)),
    callbackAtMs: undefined,
  })
  const event = await keptEvent(store, eventId)
  expect(event.status).toBe('cancelled')
  expect(event.settledAtMs).toBeDefined()
  expect(event.deliveries.map(({ status }) => status)).toEqual(['cancelled', 'cancelled'])
})

test('a cancelled delivery is not claimed any more', async () => {
  const eventId = await accept(store)
  await cancelEvent(store, eventId)
  expect(await claimDelivery(store, refOf(eventId))).toMatchObject({ kind: 'terminal', status: 'cancelled' })
})

test('what is cancelled leaves the backlog, and is on the outbox until its jobs are gone', async () => {
  const eventId = await accept(store, { targets: TARGETS, notBefore: { delayMs: 60_000 } })
  expect(await readBacklog(store, 'crm')).toEqual({ waiting: 0, delayed: 1, inFlight: 0 })
  await cancelEvent(store, eventId)
  expect(await readBacklog(store, 'crm')).toEqual({ waiting: 0, delayed: 0, inFlight: 0 })
  expect(await overdueOutbox(store, 0, 10)).toContainEqual({ kind: 'delivery', ref: refOf(eventId, 'crm') })
})

test('the feed tells of each cancelled delivery, and of the end with the last', async () => {
  const eventId = await accept(store, { targets: TARGETS })
  await cancelEvent(store, eventId)
  expect((await readChanges(store, '0', 10)).slice(1)).toMatchObject([
    { kind: 'delivery', target: 'crm', status: 'cancelled' },
    { kind: 'delivery', target: 'email', status: 'cancelled' },
    { kind: 'settled', status: 'cancelled' },
  ])
})

test('a delivery that is under way, was attempted or has ended is left as it is', async () => {
  const eventId = await accept(store, { targets: ['claimed', 'retrying', 'delivered', 'waiting'] })
  await claim(store, refOf(eventId, 'claimed'))
  await attemptAndSettle(store, refOf(eventId, 'retrying'), { kind: 'retry', delayMs: 60_000 })
  await attemptAndSettle(store, refOf(eventId, 'delivered'), { kind: 'delivered' })
  expect(await cancelEvent(store, eventId)).toMatchObject({ refs: [refOf(eventId, 'waiting')] })
  const event = await keptEvent(store, eventId)
  expect(event.status).toBe('pending')
  expect(event.deliveries.map(({ status }) => status)).toEqual([
    'pending',
    'retrying',
    'delivered',
    'cancelled',
  ])
})

test('cancelling again changes nothing and says so', async () => {
  const eventId = await accept(store)
  await cancelEvent(store, eventId)
  const before = await dumpOf(store)
  expect(await cancelEvent(store, eventId)).toEqual({ kind: 'already' })
  expect(await dumpOf(store)).toEqual(before)
})

test('an event of which all was attempted is too late to cancel, an unknown one is missing', async () => {
  const eventId = await accept(store)
  await attemptAndSettle(store, refOf(eventId), { kind: 'delivered' })
  expect(await cancelEvent(store, eventId)).toEqual({ kind: 'too-late' })
  expect(await cancelEvent(store, 'evt_unknown')).toEqual({ kind: 'missing' })
})

test('a replay that was never attempted is cancelled in its own generation', async () => {
  const eventId = await accept(store)
  await bury(store, refOf(eventId))
  await reopenDelivery(store, eventId, 'crm')
  expect(await cancelEvent(store, eventId)).toMatchObject({ refs: [refOf(eventId, 'crm', 2)] })
})

test('of a claim and a cancellation at once, exactly one takes effect', async () => {
  for (let round = 0; round < 20; round++) {
    const eventId = await accept(store)
    const [claimed, cancelled] = await Promise.all(
      round % 2 === 0
        ? [claimDelivery(store, refOf(eventId)), cancelEvent(store, eventId)]
        : [cancelEvent(store, eventId), claimDelivery(store, refOf(eventId))].reverse(),
    )
    const kinds = [claimed, cancelled].map((one) => one?.kind)
    expect([
      ['claimed', 'too-late'],
      ['too-late', 'claimed'],
      ['terminal', 'cancelled'],
      ['cancelled', 'terminal'],
    ]).toContainEqual(kinds)
    expect(isTerminal((await keptEvent(store, eventId)).deliveries[0]?.status ?? 'pending')).toBe(
      kinds.includes('cancelled'),
    )
  }
})

describe('the end of an event with cancelled deliveries', () => {
  test.each([
    ['delivered', 'partially_delivered'],
    ['dead', 'failed'],
  ] as const)('is %s for the other one: %s', async (end, status) => {
    const eventId = await accept(store, { targets: TARGETS })
    await claim(store, refOf(eventId, 'email'))
    await cancelEvent(store, eventId)
    const settlement = end === 'delivered' ? { kind: end } : { kind: end, reason: 'gone' as const }
    await attemptAndSettle(store, refOf(eventId, 'email'), settlement)
    expect((await keptEvent(store, eventId)).status).toBe(status)
  })
})
