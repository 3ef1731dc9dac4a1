/** The targets' policy as the oracle knows it: what retries may look like, and how long anything may take. */

export type Policy = {
  readonly timeoutMs: number
  readonly concurrency: number
  readonly retry: {
    readonly maxAttempts: number
    readonly baseDelayMs: number
    readonly maxDelayMs: number
    readonly maxAgeMs: number
  }
  readonly breaker: {
    readonly failureRate: number
    readonly minimumAttempts: number
    readonly windowMs: number
    readonly openMs: number
  }
}

/** Quick to retry, and with a breaker that does not open: scenarios that are about it say so. */
export const POLICY: Policy = {
  timeoutMs: 3_000,
  concurrency: 20,
  retry: { maxAttempts: 6, baseDelayMs: 100, maxDelayMs: 1_000, maxAgeMs: 600_000 },
  breaker: { failureRate: 1, minimumAttempts: 1_000_000, windowMs: 10_000, openMs: 1_000 },
}

/** Whatever happens to a worker, what it did is taken over within its timeout and this. */
export const TAKEOVER_MARGIN_MS = 15_000

/**
 * How late anything may be where nothing was disturbed. The driver, the receiver and all parts share two busy cores: any of
 * them has been seen to be given no processor for a second, and a try passes through three of them.
 */
const UNDISTURBED_MS = 3_000

/** How late a try may be that nothing else explains. */
export function marginMs({ timeoutMs }: Pick<Policy, 'timeoutMs'>, disturbed: boolean): number {
  return disturbed ? timeoutMs + TAKEOVER_MARGIN_MS : UNDISTURBED_MS
}
