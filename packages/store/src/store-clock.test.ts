import { afterEach, expect, test, vi } from 'vitest'
import { useTestStore } from '../../../test/support/use-test-store.ts'
import { eventually } from '../../../test/support/eventually.ts'
import { followRedisClock } from './store-clock.ts'

const HOUR_MS = 3_600_000
/** Between Redis and this test, on a busy machine. */
const CLOSE_MS = 1_000

const store = useTestStore()

afterEach(() => {
  vi.useRealTimers()
})

async function redisNow(): Promise<number> {
  return Number((await store.redis.time())[0]) * 1_000
}

test('it is right from the start, however wrong the clock of the process is, and stays so when that is moved', async () => {
  vi.useFakeTimers({ now: Date.now() + HOUR_MS, toFake: ['Date'] })
  const clock = await followRedisClock(store.redis, () => undefined)
  expect(Math.abs(clock.now() - (await redisNow()))).toBeLessThan(CLOSE_MS + 1_000)
  vi.setSystemTime(Date.now() - 2 * HOUR_MS)
  expect(Math.abs(clock.now() - (await redisNow()))).toBeLessThan(CLOSE_MS + 1_000)
  clock.stop()
})

test('it follows when Redis tells another time than before', async () => {
  vi.useFakeTimers({ toFake: ['setInterval', 'clearInterval'] })
  let skippedMs = 0
  // As after a Redis with another clock has taken over: against it, the monotonic clock has moved.
  const clock = await followRedisClock(
    store.redis,
    () => undefined,
    () => performance.now() + skippedMs,
  )
  skippedMs = HOUR_MS
  expect(clock.now() - (await redisNow())).toBeGreaterThan(HOUR_MS - CLOSE_MS)
  vi.advanceTimersByTime(5_000)
  vi.useRealTimers()
  await eventually(
    'the clock to follow',
    async () => Math.abs(clock.now() - (await redisNow())) < CLOSE_MS + 1_000,
  )
  clock.stop()
})

test('it goes on when Redis cannot be asked, and says so', async () => {
  vi.useFakeTimers({ toFake: ['setInterval', 'clearInterval'] })
  const redis = store.redis.duplicate()
  const errors: unknown[] = []
  const clock = await followRedisClock(redis, (error) => errors.push(error))
  redis.disconnect()
  vi.advanceTimersByTime(5_000)
  vi.useRealTimers()
  await eventually('the error', () => errors.length === 1)
  expect(Math.abs(clock.now() - (await redisNow()))).toBeLessThan(CLOSE_MS + 1_000)
  clock.stop()
})
