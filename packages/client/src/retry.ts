/** When a request is tried again, and after how long. Decides only; request.ts does it. */

export type RetryPolicy = {
  /** Counting the first; 1 means never again. */
  readonly maxAttempts: number
  readonly baseDelayMs: number
  readonly maxDelayMs: number
  /** A server that asks for more than this is not waited for. */
  readonly maxRetryAfterMs: number
}

export const DEFAULT_RETRY: RetryPolicy = {
  maxAttempts: 5,
  baseDelayMs: 200,
  maxDelayMs: 10_000,
  maxRetryAfterMs: 60_000,
}

/** Too many requests, or nobody there to take it: another time it may work. */
const PASSING_STATUSES: ReadonlySet<number> = new Set([429, 502, 503, 504])

/** With these the server itself says that it did nothing. */
const REFUSING_STATUSES: ReadonlySet<number> = new Set([429, 503])

/** Whether a request that had this answer may be sent again. */
export function mayRepeat(repeat: 'always' | 'when-refused', status: number | undefined): boolean {
  if (repeat === 'when-refused') return status !== undefined && REFUSING_STATUSES.has(status)
  return status === undefined || PASSING_STATUSES.has(status)
}

/**
 * How long to wait behind an attempt: full jitter under a growing cap, added to what the server asks for, so that
 * callers who were turned away together do not come back together.
 *
 * @returns undefined when there is to be no further attempt
 */
export function retryDelayMs(
  policy: RetryPolicy,
  attempt: number,
  retryAfterMs: number | undefined,
  random: () => number,
): number | undefined {
  if (attempt >= policy.maxAttempts || (retryAfterMs ?? 0) > policy.maxRetryAfterMs) return undefined
  return (retryAfterMs ?? 0) + random() * Math.min(policy.maxDelayMs, policy.baseDelayMs * 2 ** (attempt - 1))
}

/** Reads `Retry-After`: seconds or an HTTP date (RFC 9110, section 10.2.3). */
export function readRetryAfterMs(header: string | null, nowMs: number): number | undefined {
  if (header === null) return undefined
  if (/^\d+$/.test(header)) return Number(header) * 1_000
  const atMs = Date.parse(header)
  return Number.isNaN(atMs) ? undefined : Math.max(0, atMs - nowMs)
}
