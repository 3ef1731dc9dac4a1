import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test } from 'vitest'
import { eventually } from '../../../test/support/eventually.ts'
import { startTestRedis, type TestRedis } from '../../../test/support/redis.ts'
import { newEvent } from '../../../test/support/store.ts'
import { connectRedis, waitForRedis } from './connection.ts'
import { recordEvent } from './event-record.ts'
import { createKeep } from './kept-script.ts'
import type { Store } from './store.ts'
import { isStoreUnavailable, TooFewReplicasError } from './unavailable.ts'

const RETENTION = { settledMs: 60_000, deadMs: 60_000 }

let master: TestRedis
let replica: TestRedis
const opened: ReturnType<typeof connectRedis>[] = []

beforeAll(async () => {
  ;[master, replica] = await Promise.all([startTestRedis(), startTestRedis()])
  const redis = await connected(master)
  await redis.config('SET', 'repl-diskless-sync-delay', '0')
})
beforeEach(() => follow())
afterEach(() => {
  for (const redis of opened.splice(0)) redis.disconnect()
})
afterAll(() => Promise.all([master.close(), replica.close()]))

async function connected(server: TestRedis): Promise<ReturnType<typeof connectRedis>> {
  const redis = connectRedis(server.url, 'fail-fast', () => undefined)
  opened.push(redis)
  await waitForRedis(redis, () => undefined)
  return redis
}

/** Makes the replica follow, and waits until it does. */
async function follow(): Promise<void> {
  const { hostname, port } = new URL(master.url)
  await (await connected(replica)).call('REPLICAOF', hostname, port)
  const redis = await connected(master)
  await eventually('the replica to follow', async () => /state=online/.test(await redis.info('replication')))
}

async function unfollow(): Promise<void> {
  await (await connected(replica)).call('REPLICAOF', 'NO', 'ONE')
  const redis = await connected(master)
  await eventually('the replica to be gone', async () =>
    /connected_slaves:0/.test(await redis.info('replication')),
  )
}

/** A store as a producer has one: each has connections of its own. */
async function storeThatWaits(replicas = 1): Promise<Store> {
  const keep = createKeep(await connected(master), replicas)
  return { redis: await connected(master), retention: RETENTION, keep }
}

async function failureOf(work: Promise<unknown>): Promise<unknown> {
  return work.then(
    () => {
      throw new Error('expected it to be refused')
    },
    (error: unknown) => error,
  )
}

describe('with a replica that follows', () => {
  test('what is answered is on the replica', async () => {
    const store = await storeThatWaits()
    const accepted = await recordEvent(store, newEvent({ id: 'evt_kept' }))
    expect(accepted.kind).toBe('accepted')
    const copy = await connected(replica)
    expect(await copy.exists('{manifold}:event:evt_kept')).toBe(1)
  })

  test('many at once share the wait, and each gets its own answer', async () => {
    const store = await storeThatWaits()
    const ids = Array.from({ length: 500 }, (_, index) => `evt_many_${String(index)}`)
    const redis = await connected(master)
    await redis.config('RESETSTAT')
    const answers = await Promise.all(ids.map((id) => recordEvent(store, newEvent({ id }))))
    expect(answers.map((answer) => answer.eventId)).toEqual(ids)
    const waits = /cmdstat_wait:calls=(\d+)/.exec(await redis.info('commandstats'))?.[1]
    expect(Number(waits)).toBeLessThan(10)
  })

  test('a Redis that forgot the scripts is told them again', async () => {
    const store = await storeThatWaits()
    await (await connected(master)).script('FLUSH')
    const answers = await Promise.all([recordEvent(store, newEvent()), recordEvent(store, newEvent())])
    expect(answers.map(({ kind }) => kind)).toEqual(['accepted', 'accepted'])
  })
})

describe('with too few replicas', () => {
  test('it is refused in time, as a store that is away is, and found under the same key later', async () => {
    await unfollow()
    const store = await storeThatWaits()
    const event = newEvent({ idempotencyKey: { owner: 'shop', key: 'later' } })
    const startedMs = performance.now()
    const error = await failureOf(recordEvent(store, event))
    expect(performance.now() - startedMs).toBeLessThan(1_500)
    expect(error).toBeInstanceOf(TooFewReplicasError)
    expect(error).toSatisfy(isStoreUnavailable)
    await follow()
    expect(await recordEvent(store, event)).toMatchObject({ kind: 'duplicate', eventId: event.event.id })
  })

  // Whoever asks again may ask another producer, whose connection wrote nothing.
  test('one that is here already is refused as well, over a connection that wrote nothing', async () => {
    await unfollow()
    const event = newEvent({ idempotencyKey: { owner: 'shop', key: 'again' } })
    await failureOf(recordEvent(await storeThatWaits(), event))
    expect(await failureOf(recordEvent(await storeThatWaits(), event))).toBeInstanceOf(TooFewReplicasError)
  })

  test('a replica that is silent counts for nothing', async () => {
    const store = await storeThatWaits()
    replica.freeze()
    try {
      expect(await failureOf(recordEvent(store, newEvent()))).toBeInstanceOf(TooFewReplicasError)
      const event = newEvent({ idempotencyKey: { owner: 'shop', key: 'silent' } })
      await failureOf(recordEvent(store, event))
      expect(await failureOf(recordEvent(await storeThatWaits(), event))).toBeInstanceOf(TooFewReplicasError)
    } finally {
      replica.thaw()
    }
  })

  test('a replica takes nothing for the master it was', async () => {
    const keep = createKeep(await connected(replica), 1)
    const store = { redis: await connected(replica), retention: RETENTION, keep }
    expect(await failureOf(recordEvent(store, newEvent()))).toSatisfy(isStoreUnavailable)
  })
})

test('a store whose Redis is gone refuses what waits for replicas, too', async () => {
  const lonely = await startTestRedis()
  const keep = createKeep(await connected(lonely), 1)
  const store = { redis: await connected(lonely), retention: RETENTION, keep }
  await lonely.close()
  expect(await failureOf(recordEvent(store, newEvent()))).toSatisfy(isStoreUnavailable)
})
