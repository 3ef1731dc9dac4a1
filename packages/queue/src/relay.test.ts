import { keys, outboxSize, reopenDelivery, TELL_NOBODY } from '@manifold/store'
import { expect, test } from 'vitest'
import { eventually } from '../../../test/support/eventually.ts'
import { accept, bury, refOf } from '../../../test/support/store.ts'
import { useTestQueues, useTestStore } from '../../../test/support/use-test-store.ts'
import { addDeadLetter, deadLetterJobIds } from './dead-letter-queue.ts'
import { relayOnce, type RelayDeps } from './relay.ts'
import { readQueueDepth } from './target-queue.ts'

const store = useTestStore()
const queues = useTestQueues(store)

const relay = (parts: Partial<RelayDeps> = {}) =>
  relayOnce({
    store,
    queues,
    holder: 'one',
    ageMs: 1,
    onRescued: () => undefined,
    onFailed: () => undefined,
    telling: TELL_NOBODY,
    ...parts,
  })

/** Relays until everything on the outbox was old enough. @returns how many entries were rescued */
async function relayAll(parts: Partial<RelayDeps> = {}): Promise<number> {
  let rescued = 0
  await eventually('the outbox to be empty', async () => {
    rescued += await relay(parts)
    return (await outboxSize(store)) === 0
  })
  return rescued
}

test('events that were recorded and never enqueued are enqueued, each delivery once', async () => {
  await accept(store, { targets: ['crm', 'email'] })
  await accept(store, { targets: ['crm'] })
  expect(await relayAll()).toBe(2)
  expect(await readQueueDepth(queues, 'crm')).toMatchObject({ waiting: 2 })
  expect(await readQueueDepth(queues, 'email')).toMatchObject({ waiting: 1 })
  expect(await relay()).toBe(0)
})

test('a replay that was never enqueued is enqueued, and its dead letter leaves the queue', async () => {
  const eventId = await accept(store)
  await bury(store, refOf(eventId))
  await addDeadLetter(queues, refOf(eventId), 'exhausted')
  await relayAll()
  await reopenDelivery(store, eventId, 'crm')
  await relayAll()
  expect(await readQueueDepth(queues, 'crm')).toMatchObject({ waiting: 1 })
  expect(await deadLetterJobIds(queues, 'crm')).toEqual([])
})

test('entries that are young belong to the process that made them', async () => {
  await accept(store)
  expect(await relay({ ageMs: 60_000 })).toBe(0)
  expect(await outboxSize(store)).toBe(1)
  expect(await readQueueDepth(queues, 'crm')).toMatchObject({ waiting: 0 })
})

test('an outbox of many batches is emptied in one round', async () => {
  await Promise.all(Array.from({ length: 1_001 }, () => accept(store)))
  const entries = await store.redis.zrange(keys.outbox, '0', '-1')
  await store.redis.zadd(keys.outbox, ...entries.flatMap((entry) => [1, entry]))
  expect(await relay()).toBe(1_001)
  expect(await readQueueDepth(queues, 'crm')).toMatchObject({ waiting: 1_001 })
})

test('while one process relays, another leaves it to it', async () => {
  await accept(store)
  await relay({ ageMs: 60_000, holder: 'one' })
  expect(await relay({ ageMs: 1, holder: 'two' })).toBe(0)
  expect(await outboxSize(store)).toBe(1)
  expect(await relayAll({ holder: 'one' })).toBe(1)
})

test('it tells how many entries it rescued, and says nothing when there are none', async () => {
  const told: number[] = []
  const onRescued = (entries: number) => told.push(entries)
  await relay({ onRescued })
  expect(told).toEqual([])
  await accept(store)
  await accept(store)
  await relayAll({ onRescued })
  expect(told.reduce((sum, entries) => sum + entries, 0)).toBe(2)
})

test('a round that failed leaves its entries to the next one', async () => {
  await accept(store)
  await store.redis.config('SET', 'maxmemory', '1')
  try {
    await expect(relayAll()).rejects.toThrow('OOM')
  } finally {
    await store.redis.config('SET', 'maxmemory', '0')
  }
  expect(await outboxSize(store)).toBe(1)
  expect(await relayAll()).toBe(1)
})

test('an entry that cannot be dealt with stays, is told of, and keeps none of the others', async () => {
  const [before, broken, behind] = [await accept(store), await accept(store), await accept(store)]
  await store.redis.hset(keys.event(broken), 'crm/state', 'pending 1')
  const failed: string[] = []
  const onFailed: RelayDeps['onFailed'] = (entry, error) => {
    failed.push(`${entry.kind}: ${String(error)}`)
  }
  let rescued = 0
  await eventually('the others', async () => {
    rescued += await relay({ onFailed })
    return (await outboxSize(store)) === 1
  })
  expect(rescued).toBe(2)
  expect(failed.at(-1)).toMatch(new RegExp(`^event: UnreadableRecordError: the record of ${broken} is there`))
  for (const eventId of [before, behind]) expect(await queues.of('crm').getJob(`${eventId}.1`)).toBeDefined()
  expect(await readQueueDepth(queues, 'crm')).toMatchObject({ waiting: 2 })
})

test('a batch of entries that cannot be dealt with ends the round, and what is behind them is dealt with', async () => {
  const broken = await accept(store)
  await store.redis.hset(keys.event(broken), 'acceptedAt', 'long ago')
  const entries = Array.from({ length: 500 }, (_, index) => [1, `${broken}/t${String(index)}/1`]).flat()
  const behind = await accept(store)
  await store.redis.zadd(keys.outbox, ...entries, 2, behind)
  await store.redis.zrem(keys.outbox, broken)
  expect(await relay()).toBe(1)
  expect(await queues.of('crm').getJob(`${behind}.1`)).toBeDefined()
  expect(await outboxSize(store)).toBe(500)
})
