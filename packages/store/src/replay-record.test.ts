import { RECORD_VERSION } from '@manifold/domain'
import { expect, test } from 'vitest'
import { accept, bury, keptDelivery, refOf } from '../../../test/support/store.ts'
import { useTestStore } from '../../../test/support/use-test-store.ts'
import { keys } from './keys.ts'
import {
  advanceReplay,
  completeReplay,
  createReplay,
  dropReplay,
  openReplays,
  readReplay,
  startReplaying,
  type ReplayFilter,
} from './replay-record.ts'

const store = useTestStore()

const FILTER: ReplayFilter = {
  target: 'crm',
  type: 'order.placed',
  reason: 'exhausted',
  afterMs: 1,
  beforeMs: 2,
  limit: 3,
  ratePerSecond: 4,
}

test('a new replay is open and matching, with its filter and nothing done', async () => {
  await createReplay(store, 'r1', FILTER)
  expect(await openReplays(store)).toEqual(['r1'])
  const replay = await readReplay(store, 'r1')
  expect(replay).toEqual({
    id: 'r1',
    version: RECORD_VERSION,
    status: 'matching',
    filter: FILTER,
    startedAtMs: replay?.startedAtMs,
    completedAtMs: undefined,
    matched: 0,
    replayed: 0,
    failed: 0,
    position: undefined,
  })
})

test("a replay starts after what had died before, by Redis's clock", async () => {
  const eventId = await accept(store)
  await bury(store, refOf(eventId))
  await createReplay(store, 'r1', {})
  const { endedAtMs = Infinity } = await keptDelivery(store, refOf(eventId))
  const startedAtMs = (await readReplay(store, 'r1'))?.startedAtMs
  expect(startedAtMs).toBeGreaterThanOrEqual(endedAtMs)
  expect(startedAtMs).toBeLessThan(endedAtMs + 5_000)
})

test('a replay runs once its letters are counted', async () => {
  await createReplay(store, 'r1', {})
  await startReplaying(store, 'r1', 7)
  expect(await readReplay(store, 'r1')).toMatchObject({ status: 'running', matched: 7 })
})

test('progress is where the replay stands, and adds up what failed', async () => {
  await createReplay(store, 'r1', {})
  await advanceReplay(store, 'r1', { atMs: 5, id: 'a-crm' }, 2)
  await advanceReplay(store, 'r1', { atMs: 6, id: 'b-crm' }, 0)
  await advanceReplay(store, 'r1', { atMs: 7, id: 'c-crm' }, 1)
  expect(await readReplay(store, 'r1')).toMatchObject({ failed: 3, position: { atMs: 7, id: 'c-crm' } })
})

test('a completed replay is not open any more, and can still be read', async () => {
  await createReplay(store, 'r1', {})
  await createReplay(store, 'r2', {})
  await completeReplay(store, 'r1')
  expect(await openReplays(store)).toEqual(['r2'])
  const replay = await readReplay(store, 'r1')
  expect(replay?.status).toBe('completed')
  expect(replay?.completedAtMs).toBeTypeOf('number')
})

test('a replay is kept for seven days', async () => {
  await createReplay(store, 'r1', {})
  const weekMs = 7 * 86_400_000
  const leftMs = await store.redis.pttl(keys.replay('r1'))
  expect(leftMs).toBeGreaterThan(weekMs - 60_000)
  expect(leftMs).toBeLessThanOrEqual(weekMs)
})

test('a replay whose record is gone reads as undefined, and can be taken off the list', async () => {
  await createReplay(store, 'r1', {})
  await store.redis.del(keys.replay('r1'))
  expect(await readReplay(store, 'r1')).toBeUndefined()
  await dropReplay(store, 'r1')
  expect(await openReplays(store)).toEqual([])
})

test('who counts for longer than somebody else changes nothing', async () => {
  await createReplay(store, 'r1', {})
  await startReplaying(store, 'r1', 7)
  await startReplaying(store, 'r1', 0)
  expect(await readReplay(store, 'r1')).toMatchObject({ status: 'running', matched: 7 })
  await completeReplay(store, 'r1')
  await startReplaying(store, 'r1', 0)
  expect(await readReplay(store, 'r1')).toMatchObject({ status: 'completed', matched: 7 })
})

test('a replay that is noted again, as its answer was lost, keeps what it has come to', async () => {
  await createReplay(store, 'r1', {})
  await startReplaying(store, 'r1', 7)
  await completeReplay(store, 'r1')
  await createReplay(store, 'r1', {})
  expect(await readReplay(store, 'r1')).toMatchObject({ status: 'completed', matched: 7 })
  expect(await openReplays(store)).toEqual([])
})
