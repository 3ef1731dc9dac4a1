/**
 * The store's clock: Redis's own, as this process knows it without asking each time.
 *
 * Redis is asked now and then; in between, time passes by this process's monotonic clock. So its wall clock may be wrong, or be
 * moved, and nothing that is written for others to read by is. What only this process reads is measured by `performance.now()`.
 */
import type { RedisClient } from './connection.ts'
import { keys } from './keys.ts'
import { loadScript, runScript } from './script.ts'

const nowScript = loadScript('redis-now')

export type StoreClock = {
  /** Milliseconds since 1970 by Redis's clock, whole. */
  readonly now: () => number
  readonly stop: () => void
}

/** Redis's clock may be set, or another Redis with another clock may take over. */
const ASK_EVERY_MS = 5_000

/**
 * A clock that is right from the start: resolves when Redis has been asked once.
 * @param onError told when Redis could not be asked; the clock goes on by what it knows
 * @param monotonicMs a clock that only goes forward
 * @throws when Redis cannot be asked the first time
 */
export async function followRedisClock(
  redis: RedisClient,
  onError: (error: unknown) => void,
  monotonicMs: () => number = () => performance.now(),
): Promise<StoreClock> {
  const ask = async () => {
    const askedMs = monotonicMs()
    const redisMs = Number(await runScript(redis, nowScript, [keys.outbox], []))
    return { redisMs, askedMs, answeredMs: monotonicMs() }
  }
  let aheadMs = middle(await ask())
  let asking = false
  const timer = setInterval(() => {
    // While Redis is away the first question waits for it; one is enough.
    if (asking) return
    asking = true
    ask()
      .then((answer) => {
        aheadMs = corrected(aheadMs, answer)
      })
      .catch(onError)
      .finally(() => {
        asking = false
      })
  }, ASK_EVERY_MS)
  timer.unref()
  return {
    now: () => Math.round(monotonicMs() + aheadMs),
    stop: () => {
      clearInterval(timer)
    },
  }
}

type Answer = { readonly redisMs: number; readonly askedMs: number; readonly answeredMs: number }

/** How far Redis's clock is ahead of the monotonic one, if the way there took as long as the way back. */
function middle({ redisMs, askedMs, answeredMs }: Answer): number {
  return redisMs - (askedMs + answeredMs) / 2
}

/** An answer that was long under way tells little: what fits it is kept. */
function corrected(aheadMs: number, answer: Answer): number {
  const fits =
    aheadMs >= answer.redisMs - answer.answeredMs - 1 && aheadMs <= answer.redisMs - answer.askedMs + 1
  return fits ? aheadMs : middle(answer)
}
