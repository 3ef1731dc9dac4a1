import { expect, test } from 'vitest'
import {
  accept,
  attemptAndSettle,
  bury,
  claim,
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
import { createReplay, readReplay } from './replay-record.ts'

const store = useTestStore()

async function deadLetter(): Promise<string> {
  const eventId = await accept(store)
  await attemptAndSettle(store, refOf(eventId), { kind: 'retry', delayMs: 0 })
  await attemptAndSettle(store, refOf(eventId), { kind: 'dead', reason: 'exhausted' })
  await confirmOutbox(store, [{ kind: 'event', eventId }])
  return eventId
}

test('a dead letter is opened again in its next generation, with its attempts kept and none spent', async () => {
  const eventId = await deadLetter()
  const ref = refOf(eventId, 'crm', 2)
  expect(await reopenDelivery(store, eventId, 'crm')).toEqual({ kind: 'reopened', ref })
  expect(await keptDelivery(store, ref)).toMatchObject({
    status: 'pending',
    generation: 2,
    attempts: 2,
    reason: undefined,
    endedAtMs: undefined,
    nextAttemptAtMs: undefined,
  })
  expect(await claim(store, ref)).toMatchObject({ attempts: 2, spent: 0 })
})

test('the age of a reopened delivery counts from its replay', async () => {
  const eventId = await deadLetter()
  // As if it had been accepted a day ago.
  await store.redis.hincrby(keys.event(eventId), 'acceptedAt', -86_400_000)
  await reopenDelivery(store, eventId, 'crm')
  expect((await claim(store, refOf(eventId, 'crm', 2))).ageMs).toBeLessThan(10_000)
})

test('the event of a reopened delivery is not settled any more, and not forgotten', async () => {
  const eventId = await deadLetter()
  await reopenDelivery(store, eventId, 'crm')
  expect(await keptEvent(store, eventId)).toMatchObject({ status: 'pending', settledAtMs: undefined })
  expect(await store.redis.zscore(keys.retention, eventId)).toBeNull()
})

test('a reopened delivery leaves the dead letters and is on the outbox', async () => {
  const eventId = await deadLetter()
  await reopenDelivery(store, eventId, 'crm')
  expect(await store.redis.zcard(keys.deadLetters)).toBe(0)
  expect(await store.redis.zcard(keys.deadLettersOf('crm'))).toBe(0)
  const entry = { kind: 'delivery', ref: refOf(eventId, 'crm', 2) }
  expect(await overdueOutbox(store, 0, 10)).toEqual([entry])
})

test('an event settles again as delivered when its replayed delivery arrives', async () => {
  const eventId = await accept(store, { targets: ['crm', 'email'] })
  await attemptAndSettle(store, refOf(eventId, 'email'), { kind: 'delivered' })
  await bury(store, refOf(eventId, 'crm'))
  expect(await keptEvent(store, eventId)).toMatchObject({ status: 'partially_delivered' })
  await reopenDelivery(store, eventId, 'crm')
  await attemptAndSettle(store, refOf(eventId, 'crm', 2), { kind: 'delivered' })
  const event = await keptEvent(store, eventId)
  expect(event.status).toBe('delivered')
  expect(Number(await store.redis.zscore(keys.retention, eventId))).toBe(
    (event.settledAtMs ?? 0) + store.retention.settledMs,
  )
})

test('a delivery that dies again after its replay can be replayed again', async () => {
  const eventId = await deadLetter()
  await reopenDelivery(store, eventId, 'crm')
  await bury(store, refOf(eventId, 'crm', 2))
  expect(await keptEvent(store, eventId)).toMatchObject({ status: 'failed' })
  expect(await reopenDelivery(store, eventId, 'crm')).toMatchObject({ ref: { generation: 3 } })
})

test('of two replays of one dead letter, exactly one reopens it', async () => {
  const eventId = await deadLetter()
  const results = await Promise.all([
    reopenDelivery(store, eventId, 'crm'),
    reopenDelivery(store, eventId, 'crm'),
  ])
  expect(results.map(({ kind }) => kind).sort()).toEqual(['not-dead', 'reopened'])
  expect(await keptDelivery(store, refOf(eventId))).toMatchObject({ generation: 2 })
  expect(await store.redis.hget(keys.event(eventId), 'pending')).toBe('1')
})

test('only what a bulk replay reopened is counted in it', async () => {
  const eventId = await deadLetter()
  await createReplay(store, 'r1', {})
  const bulk = { replayId: 'r1', generation: 1 }
  await reopenDelivery(store, eventId, 'crm', bulk)
  await reopenDelivery(store, eventId, 'crm', bulk)
  expect(await readReplay(store, 'r1')).toMatchObject({ replayed: 1 })
  await reopenDelivery(store, await deadLetter(), 'crm')
  expect(await store.redis.keys(keys.replay('*'))).toEqual([keys.replay('r1')])
})

test('a bulk replay reopens what it saw: one that was replayed and died again is another generation', async () => {
  const eventId = await deadLetter()
  await reopenDelivery(store, eventId, 'crm')
  await bury(store, refOf(eventId, 'crm', 2))
  await createReplay(store, 'r1', {})
  const seen = await reopenDelivery(store, eventId, 'crm', { replayId: 'r1', generation: 1 })
  expect(seen).toMatchObject({ kind: 'not-dead' })
  expect(await keptDelivery(store, refOf(eventId))).toMatchObject({ status: 'dead', generation: 2 })
})

test('an attempt behind a replay is told who asked for it, until another replay', async () => {
  const askedBy = { traceId: '4bf92f3577b34da6a3ce929d0e0e4736', spanId: '00f067aa0ba902b7' }
  const eventId = await deadLetter()
  await reopenDelivery(store, eventId, 'crm', undefined, askedBy)
  expect(await claim(store, refOf(eventId, 'crm', 2))).toMatchObject({ replayedBy: askedBy })
  await bury(store, refOf(eventId, 'crm', 2))
  await reopenDelivery(store, eventId, 'crm')
  expect(await claim(store, refOf(eventId, 'crm', 3))).not.toHaveProperty('replayedBy')
})

test('a delivery that is not dead is not reopened, and nothing changes', async () => {
  const pending = await accept(store)
  const delivered = await accept(store)
  await attemptAndSettle(store, refOf(delivered), { kind: 'delivered' })
  const discarded = await deadLetter()
  await discardDelivery(store, discarded, 'crm')
  const before = await dumpOf(store)
  expect(await reopenDelivery(store, pending, 'crm')).toEqual({ kind: 'not-dead', status: 'pending' })
  expect(await reopenDelivery(store, delivered, 'crm')).toEqual({ kind: 'not-dead', status: 'delivered' })
  expect(await reopenDelivery(store, discarded, 'crm')).toEqual({ kind: 'not-dead', status: 'discarded' })
  expect(await dumpOf(store)).toEqual(before)
})

test('a dead letter whose event is gone is missing, and leaves the lists', async () => {
  const eventId = await deadLetter()
  await store.redis.del(keys.event(eventId))
  expect(await reopenDelivery(store, eventId, 'crm')).toEqual({ kind: 'missing' })
  expect(await store.redis.zcard(keys.deadLetters)).toBe(0)
  expect(await store.redis.zcard(keys.deadLettersOf('crm'))).toBe(0)
})
