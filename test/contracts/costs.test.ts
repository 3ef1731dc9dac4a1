/**
 * What an event and a delivery cost, in counts that are the same on every machine: round trips, Redis commands, bytes.
 *
 * Each bound is what is measured today, with a little room: a change that costs more has to say so here.
 */
import { DEFAULT_BREAKER, type DeliveryRef } from '@manifold/domain'
import { enqueueBundled, MAX_BUNDLE, openQueues, type Queues } from '@manifold/queue'
import {
  claimDeliveries,
  confirmOutbox,
  recordEvent,
  settleDeliveries,
  type Claim,
  type ClaimResult,
} from '@manifold/store'
import { afterAll, beforeAll, beforeEach, expect, test } from 'vitest'
import { attemptOf, newEvent, refOf, startTestStore, type TestStore } from '../support/store.ts'

const TARGETS = ['alpha', 'beta', 'gamma']
const PAYLOAD = JSON.stringify({ order: 'A-000000001', note: 'x'.repeat(267) })
const TERMS = { claimant: 'twelve-chars', claimMs: 20_000, probeMs: 20_000 }

let store: TestStore
let queues: Queues
let sent = 0

beforeAll(async () => {
  store = await startTestStore()
  const send = store.redis.sendCommand.bind(store.redis)
  store.redis.sendCommand = (...args: Parameters<typeof send>) => {
    sent++
    return send(...args)
  }
  queues = openQueues(store.redis, () => undefined)
  // Scripts are sent whole the first time, and queues say hello.
  await life(1)
})
beforeEach(() => store.clear())
afterAll(async () => {
  await queues.close()
  await store.close()
})

/** What `work` sent to Redis, and how many commands Redis ran for it, those inside scripts included. */
async function costOf(work: () => Promise<unknown>): Promise<{ roundTrips: number; commands: number }> {
  await store.redis.config('RESETSTAT')
  sent = 0
  await work()
  const roundTrips = sent
  const stats = await store.redis.info('commandstats')
  const calls = [...stats.matchAll(/cmdstat_(?!config|info)[^:]+:calls=(\d+)/g)].map(([, count]) =>
    Number(count),
  )
  return { roundTrips, commands: calls.reduce((sum, count) => sum + count, 0) }
}

async function acceptAll(count: number): Promise<string[]> {
  const results = []
  for (let index = 0; index < count; index++) {
    results.push(await recordEvent(store, newEvent({ id: idOf(index), payload: PAYLOAD, targets: TARGETS })))
  }
  return results.map(({ eventId }) => eventId)
}

/** As long as those that are made: `evt_` and a ULID. */
const idOf = (index: number) => `evt_01ARZ3NDEKTSV4RRFFQ${String(index).padStart(7, '0')}`

const enqueueAll = (ids: readonly string[]) =>
  enqueueBundled(
    queues,
    ids.flatMap((id) => TARGETS.map((target) => refOf(id, target))),
    () => MAX_BUNDLE,
  )

const settleAll = (target: string, refs: readonly DeliveryRef[], claims: readonly ClaimResult[]) =>
  settleDeliveries(
    store,
    target,
    DEFAULT_BREAKER,
    refs.map((ref, index) => ({
      ref,
      fence: (claims[index] as Claim).fence,
      settlement: { kind: 'delivered' },
      attempt: attemptOf('delivered', { atMs: 1_760_000_000_000 }),
      signal: 'succeeded',
    })),
  )

async function life(count: number): Promise<void> {
  const ids = await acceptAll(count)
  await enqueueAll(ids)
  for (const target of TARGETS) {
    const refs = ids.map((id) => refOf(id, target))
    await settleAll(target, refs, await claimDeliveries(store, target, refs, TERMS))
  }
}

test('accepting an event is one round trip', async () => {
  const { roundTrips, commands } = await costOf(() => acceptAll(1))
  expect(roundTrips).toBe(1)
  // The script, TIME, EXISTS, HSET, SET, ZADD twice, XADD, and HINCRBY for each target.
  expect(commands).toBeLessThanOrEqual(8 + TARGETS.length)
})

test('twenty events of one tick are three jobs, and two round trips from the outbox', async () => {
  const ids = await acceptAll(20)
  const { roundTrips } = await costOf(async () => {
    await enqueueAll(ids)
    await confirmOutbox(
      store,
      ids.map((eventId) => ({ kind: 'event', eventId })),
    )
  })
  expect(roundTrips).toBe(TARGETS.length + 1)
  for (const target of TARGETS) expect(await queues.of(target).getJobCountByTypes('wait')).toBe(1)
})

test.each([1, 20])('claiming %i deliveries is one round trip, and three commands each', async (count) => {
  const ids = await acceptAll(count)
  const refs = ids.map((id) => refOf(id, 'alpha'))
  const { roundTrips, commands } = await costOf(() => claimDeliveries(store, 'alpha', refs, TERMS))
  expect(roundTrips).toBe(1)
  // HMGET, GET, HSET; and once: the script, TIME, the breaker, the backlog in two places.
  expect(commands).toBeLessThanOrEqual(3 * count + 5)
})

test.each([1, 20])('settling %i deliveries is one round trip, and four commands each', async (count) => {
  const ids = await acceptAll(count)
  const refs = ids.map((id) => refOf(id, 'alpha'))
  const claims = await claimDeliveries(store, 'alpha', refs, TERMS)
  const { roundTrips, commands } = await costOf(() => settleAll('alpha', refs, claims))
  expect(roundTrips).toBe(1)
  // HMGET, HSETNX, XADD, HSET; and once: the script, TIME, breaker, rates with their times, what is forgotten, backlog.
  expect(commands).toBeLessThanOrEqual(4 * count + 9)
})

test('the last delivery of an event costs two commands more: its place in the retention, and that its data goes', async () => {
  const ids = await acceptAll(20)
  for (const target of ['alpha', 'beta']) {
    const refs = ids.map((id) => refOf(id, target))
    await settleAll(target, refs, await claimDeliveries(store, target, refs, TERMS))
  }
  const refs = ids.map((id) => refOf(id, 'gamma'))
  const claims = await claimDeliveries(store, 'gamma', refs, TERMS)
  const { commands } = await costOf(() => settleAll('gamma', refs, claims))
  expect(commands).toBeLessThanOrEqual(6 * 20 + 9)
})

test('a waiting delivery takes at most 500 bytes and its share of the payload, indexes and jobs included', async () => {
  const count = 200
  await enqueueAll(await acceptAll(count))
  let bytes = 0
  for (const key of await store.redis.keys('*')) {
    // The feed is bounded, whatever waits; the outbox is empty a moment later.
    if (key.endsWith(':changes') || key.endsWith(':outbox') || key.endsWith(':events-stream')) continue
    bytes += (await store.redis.call('MEMORY', 'USAGE', key, 'SAMPLES', '0')) as number
  }
  const each = bytes / (count * TARGETS.length)
  expect(each).toBeLessThanOrEqual(500 + PAYLOAD.length / TARGETS.length)
})

test('a delivered delivery leaves no more than its event’s record, attempt and index entries', async () => {
  const count = 100
  await life(count)
  let bytes = 0
  for (const key of await store.redis.keys('*')) {
    if (!/:(event|payload|attempts):/.test(key)) continue
    bytes += (await store.redis.call('MEMORY', 'USAGE', key, 'SAMPLES', '0')) as number
  }
  expect(bytes / (count * TARGETS.length)).toBeLessThanOrEqual(600)
})
