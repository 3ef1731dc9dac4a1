/** When a failed delivery is tried again. Pure: randomness is passed in. */

export type RetryPolicy = {
  /** Attempts in one generation, the first included. */
  readonly maxAttempts: number
  readonly baseDelayMs: number
  /** No single wait is longer, except to honour `Retry-After`. */
  readonly maxDelayMs: number
  /** A delivery older than this (since accept or replay) is dead as `expired`. */
  readonly maxAgeMs: number
  /** The waits themselves, one after each failed attempt, exactly as they stand; then `maxAttempts` is one more than there are. */
  readonly delaysMs?: readonly number[]
}

export const DEFAULT_RETRY: RetryPolicy = {
  maxAttempts: 8,
  baseDelayMs: 1_000,
  maxDelayMs: 900_000,
  maxAgeMs: 86_400_000,
}

/**
 * Capped exponential back-off with full jitter: uniform in [0, min(maxDelay, base × 2^(attempt−1))].
 * Full jitter spreads a herd of failed deliveries best (AWS Architecture Blog, "Exponential Backoff And Jitter").
 *
 * @param attempt the attempt that just failed, from 1
 * @param random a number in [0, 1)
 * @returns milliseconds, a whole number
 */
export function backoffDelayMs(policy: RetryPolicy, attempt: number, random: number): number {
  const listed = policy.delaysMs?.[attempt - 1]
  if (listed !== undefined) return listed
  const exponential = policy.baseDelayMs * 2 ** (attempt - 1)
  return Math.round(Math.min(policy.maxDelayMs, exponential) * random)
}
