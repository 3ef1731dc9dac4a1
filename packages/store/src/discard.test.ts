import { expect, test } from 'vitest'
import { eventually } from '../../../test/support/eventually.ts'
import {
  accept,
  attemptAndSettle,
  bury,
  dumpOf,
  keptDelivery,
  keptEvent,
  refOf,
} from '../../../test/support/store.ts'
import { useTestStore } from '../../../test/support/use-test-store.ts'
import { discardDelivery } from './discard.ts'
import { keys } from './keys.ts'
import { confirmOutbox, overdueOutbox } from './outbox.ts'
import { reopenDelivery } from './reopen.ts'

const store = useTestStore()

async function deadLetter(targets: readonly string[] = ['crm']): Promise<string> {
  const eventId = await accept(store, { targets })
  await bury(store, refOf(eventId), 'rejected')
  await confirmOutbox(store, [{ kind: 'event', eventId }])
  return eventId
}

test('a discarded dead letter says so, and when', async () => {
  const eventId = await deadLetter()
  const diedAtMs = (await keptDelivery(store, refOf(eventId))).endedAtMs ?? Infinity
  expect(await discardDelivery(store, eventId, 'crm')).toEqual({ kind: 'discarded', ref: refOf(eventId) })
  const delivery = await keptDelivery(store, refOf(eventId))
  expect(delivery.status).toBe('discarded')
  expect(delivery.endedAtMs).toBeGreaterThanOrEqual(diedAtMs)
})

test('a discarded dead letter leaves the lists, and is on the outbox until its queue agrees', async () => {
  const eventId = await deadLetter()
  await discardDelivery(store, eventId, 'crm')
  expect(await store.redis.zcard(keys.deadLetters)).toBe(0)
  expect(await store.redis.zcard(keys.deadLettersOf('crm'))).toBe(0)
  expect(await overdueOutbox(store, 0, 10)).toEqual([{ kind: 'delivery', ref: refOf(eventId) }])
})

test('discarding names the generation that died', async () => {
  const eventId = await deadLetter()
  await reopenDelivery(store, eventId, 'crm')
  await bury(store, refOf(eventId, 'crm', 2))
  expect(await discardDelivery(store, eventId, 'crm')).toMatchObject({ ref: { generation: 2 } })
})

test('an event without dead letters any more is kept only as long as other settled events', async () => {
  const eventId = await deadLetter()
  await discardDelivery(store, eventId, 'crm')
  expect((await keptEvent(store, eventId)).status).toBe('failed')
  const { endedAtMs = 0 } = await keptDelivery(store, refOf(eventId))
  expect(Number(await store.redis.zscore(keys.retention, eventId))).toBe(
    endedAtMs + store.retention.settledMs,
  )
})

test('an event with another dead letter is kept as long as before', async () => {
  const eventId = await deadLetter(['crm', 'email'])
  await bury(store, refOf(eventId, 'email'))
  await discardDelivery(store, eventId, 'crm')
  const { endedAtMs = 0 } = await keptDelivery(store, refOf(eventId))
  expect(Number(await store.redis.zscore(keys.retention, eventId))).toBe(endedAtMs + store.retention.deadMs)
})

test('an event keeps the time at which it settled when its dead letter is discarded', async () => {
  const eventId = await deadLetter()
  const { settledAtMs = Infinity } = await keptEvent(store, eventId)
  await eventually('a later time', () => Date.now() > settledAtMs)
  await discardDelivery(store, eventId, 'crm')
  expect((await keptEvent(store, eventId)).settledAtMs).toBe(settledAtMs)
})

test('discarding does not settle an event that has an open delivery', async () => {
  const eventId = await deadLetter(['crm', 'email'])
  await discardDelivery(store, eventId, 'crm')
  expect(await keptEvent(store, eventId)).toMatchObject({ status: 'pending', settledAtMs: undefined })
  await attemptAndSettle(store, refOf(eventId, 'email'), { kind: 'delivered' })
  expect(await keptEvent(store, eventId)).toMatchObject({ status: 'partially_delivered' })
})

test('only a dead letter is discarded: anything else stays as it is', async () => {
  const pending = await accept(store)
  const delivered = await accept(store)
  await attemptAndSettle(store, refOf(delivered), { kind: 'delivered' })
  const discarded = await deadLetter()
  await discardDelivery(store, discarded, 'crm')
  const before = await dumpOf(store)
  expect(await discardDelivery(store, pending, 'crm')).toEqual({ kind: 'not-dead', status: 'pending' })
  expect(await discardDelivery(store, delivered, 'crm')).toEqual({ kind: 'not-dead', status: 'delivered' })
  expect(await discardDelivery(store, discarded, 'crm')).toEqual({ kind: 'not-dead', status: 'discarded' })
  expect(await dumpOf(store)).toEqual(before)
})

test('of a replay and a discard of one dead letter, exactly one happens', async () => {
  const eventId = await deadLetter()
  const [reopened, discarded] = await Promise.all([
    reopenDelivery(store, eventId, 'crm'),
    discardDelivery(store, eventId, 'crm'),
  ])
  expect(reopened.kind).toBe('reopened')
  expect(discarded).toEqual({ kind: 'not-dead', status: 'pending' })
  expect(await store.redis.hget(keys.event(eventId), 'deadCount')).toBe('0')
})

test('a dead letter whose event is gone is missing, and leaves the lists', async () => {
  const eventId = await deadLetter()
  await store.redis.del(keys.event(eventId))
  expect(await discardDelivery(store, eventId, 'crm')).toEqual({ kind: 'missing' })
  expect(await store.redis.zcard(keys.deadLetters)).toBe(0)
  expect(await store.redis.zcard(keys.deadLettersOf('crm'))).toBe(0)
})
