import { expect, test } from 'vitest'
import { eventually } from '../../../test/support/eventually.ts'
import {
  accept,
  attemptAndSettle,
  bury,
  claim,
  keptEvent,
  newEvent,
  refOf,
} from '../../../test/support/store.ts'
import { useTestStore } from '../../../test/support/use-test-store.ts'
import { claimDeliveries, claimDelivery } from './claim.ts'
import { discardDelivery } from './discard.ts'
import { recordEvent } from './event-record.ts'
import { keys } from './keys.ts'
import { reopenDelivery } from './reopen.ts'

const store = useTestStore()

test('a claim hands out the whole event and its trace', async () => {
  const eventId = await accept(store, {
    subject: 'A1',
    time: '2026-01-02T03:04:05Z',
    payload: '{"total":[1,null,"é"]}',
  })
  const claimed = await claim(store, refOf(eventId))
  expect(claimed.event).toEqual({
    id: eventId,
    type: 'order.placed',
    source: 'shop',
    subject: 'A1',
    time: '2026-01-02T03:04:05Z',
    data: { total: [1, null, 'é'] },
  })
  expect(claimed.trace).toEqual({ traceId: '0af7651916cd43dd8448eb211c80319c', flags: '01' })
  expect(claimed.acceptedAtMs).toBe((await keptEvent(store, eventId)).acceptedAtMs)
})

test('an event without subject and time is claimed without subject, at its time of acceptance', async () => {
  const claimed = await claim(store, refOf(await accept(store)))
  expect(claimed.event.subject).toBeUndefined()
  expect(claimed.event.time).toBe(new Date(claimed.acceptedAtMs).toISOString())
})

test('a first claim has no attempts behind it', async () => {
  const claimed = await claim(store, refOf(await accept(store)))
  expect(claimed).toMatchObject({ attempts: 0, spent: 0, fence: 1 })
  expect(claimed.ageMs).toBeGreaterThanOrEqual(0)
  expect(claimed.ageMs).toBeLessThan(10_000)
})

test('each claim has a higher fence, and moves nothing else but its time', async () => {
  const ref = refOf(await accept(store))
  const first = await claim(store, ref)
  const withoutClaim = async () => {
    const fields = await store.redis.hgetall(keys.event(ref.eventId))
    return { ...fields, 'crm/state': fields['crm/state']?.split(' ').toSpliced(9, 1).toSpliced(2, 1) }
  }
  const before = await withoutClaim()
  const second = await claim(store, ref)
  expect(second.fence).toBe(first.fence + 1)
  expect(await withoutClaim()).toEqual(before)
})

test('the deliveries of one event are claimed apart from each other', async () => {
  const eventId = await accept(store, { targets: ['crm', 'email'] })
  await claim(store, refOf(eventId, 'crm'))
  expect((await claim(store, refOf(eventId, 'email'))).fence).toBe(1)
})

test('a retried attempt is spent, a deferred one is recorded and not spent', async () => {
  const ref = refOf(await accept(store))
  await attemptAndSettle(store, ref, { kind: 'retry', delayMs: 0 })
  await attemptAndSettle(store, ref, { kind: 'defer', delayMs: 0 })
  expect(await claim(store, ref)).toMatchObject({ attempts: 2, spent: 1 })
})

test('a delivery whose next attempt is not due is early, with the time that remains', async () => {
  const ref = refOf(await accept(store))
  await attemptAndSettle(store, ref, { kind: 'retry', delayMs: 60_000 })
  const result = await claimDelivery(store, ref)
  expect(result.kind).toBe('early')
  const remainingMs = result.kind === 'early' ? result.remainingMs : 0
  expect(remainingMs).toBeGreaterThan(50_000)
  expect(remainingMs).toBeLessThanOrEqual(60_000)
})

test('an early delivery is claimed once it is due', async () => {
  const ref = refOf(await accept(store))
  await attemptAndSettle(store, ref, { kind: 'defer', delayMs: 600 })
  expect(await claimDelivery(store, ref)).toMatchObject({ kind: 'early' })
  const claimed = await eventually('the delivery to be due', async () => {
    const result = await claimDelivery(store, ref)
    return result.kind === 'claimed' && result
  })
  expect(claimed.ageMs).toBeGreaterThanOrEqual(100)
})

test('a delivered delivery is terminal', async () => {
  const ref = refOf(await accept(store))
  await attemptAndSettle(store, ref, { kind: 'delivered' })
  expect(await claimDelivery(store, ref)).toEqual({
    kind: 'terminal',
    status: 'delivered',
    reason: undefined,
  })
})

test('a dead delivery is terminal, and tells why it died', async () => {
  const ref = refOf(await accept(store))
  await bury(store, ref, 'gone')
  expect(await claimDelivery(store, ref)).toEqual({ kind: 'terminal', status: 'dead', reason: 'gone' })
})

test('a discarded delivery is terminal', async () => {
  const ref = refOf(await accept(store))
  await bury(store, ref)
  await discardDelivery(store, ref.eventId, ref.target)
  expect(await claimDelivery(store, ref)).toMatchObject({ kind: 'terminal', status: 'discarded' })
})

test('a generation that a replay has left behind is stale, and the new one is claimed', async () => {
  const ref = refOf(await accept(store))
  await bury(store, ref)
  await reopenDelivery(store, ref.eventId, ref.target)
  expect(await claimDelivery(store, ref)).toEqual({ kind: 'stale' })
  expect(await claim(store, { ...ref, generation: 2 })).toMatchObject({ kind: 'claimed' })
})

test('an unknown event, an unknown target and an event without its data are missing', async () => {
  const eventId = await accept(store)
  expect(await claimDelivery(store, refOf('evt_unknown'))).toEqual({ kind: 'missing' })
  expect(await claimDelivery(store, refOf(eventId, 'nobody'))).toEqual({ kind: 'missing' })
  await store.redis.del(keys.payload(eventId))
  expect(await claimDelivery(store, refOf(eventId))).toEqual({ kind: 'missing' })
})

test('large data is handed out with the claim, though it is read by itself', async () => {
  const data = { fill: 'x'.repeat(100_000) }
  const ids = ['large-1', 'large-2', 'small']
  for (const id of ids) {
    const payload = JSON.stringify(id === 'small' ? { fill: 'y' } : data)
    await recordEvent(store, newEvent({ id, payload, targets: ['crm'] }))
  }
  const claims = await claimDeliveries(
    store,
    'crm',
    ids.map((id) => refOf(id, 'crm')),
  )
  expect(claims.map((claim) => claim.kind === 'claimed' && claim.event.data)).toEqual([
    data,
    data,
    { fill: 'y' },
  ])
})
