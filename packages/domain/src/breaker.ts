/**
 * The circuit breaker of a target, as a pure model: closed, open, half-open with one probe.
 *
 * The store's scripts hold the same machine in Lua, because all workers of a target share it and it must cost no
 * round trip of its own; a property test feeds both the same histories and compares them. What is decided here is decided
 * there in the same words.
 *
 * Counts are kept in `BUCKETS` slices of the window: an attempt leaves the count between one window and a slice later.
 */

export type BreakerPolicy = {
  /** Opens when this share of the attempts in the window failed … */
  readonly failureRate: number
  /** … and there were at least this many. */
  readonly minimumAttempts: number
  readonly windowMs: number
  /** How long nothing is attempted before a probe. */
  readonly openMs: number
}

export const DEFAULT_BREAKER: BreakerPolicy = {
  failureRate: 0.5,
  minimumAttempts: 20,
  windowMs: 10_000,
  openMs: 30_000,
}

export const BUCKETS = 10

export type BreakerState =
  | { readonly kind: 'closed'; readonly buckets: readonly Bucket[] }
  | { readonly kind: 'open'; readonly untilMs: number }
  /** One delivery is tried; if it does not report by `untilMs`, the next one is. */
  | { readonly kind: 'half-open'; readonly probe: string; readonly untilMs: number }

export type Bucket = { readonly index: number; readonly succeeded: number; readonly failed: number }

export const CLOSED: BreakerState = { kind: 'closed', buckets: [] }

export type Admission =
  | { readonly kind: 'admitted'; readonly state: BreakerState }
  /** Not now; asking again makes sense after this long. */
  | { readonly kind: 'held'; readonly forMs: number; readonly state: BreakerState }

/** What one attempt says about the target: did it work, fail, or say nothing (throttled)? */
export type BreakerSignal = 'succeeded' | 'failed' | 'neutral'

/** While a probe is out, the others ask again this often. */
export const PROBE_LOOK_MS = 250

/**
 * May this delivery be attempted?
 * @param claim names the attempt that asks
 * @param probeMs how long a probe may take to report
 */
export function admit(state: BreakerState, claim: string, nowMs: number, probeMs: number): Admission {
  switch (state.kind) {
    case 'closed':
      return { kind: 'admitted', state }
    case 'open':
      if (nowMs < state.untilMs) return { kind: 'held', forMs: state.untilMs - nowMs, state }
      return { kind: 'admitted', state: { kind: 'half-open', probe: claim, untilMs: nowMs + probeMs } }
    case 'half-open':
      if (nowMs < state.untilMs) {
        return { kind: 'held', forMs: Math.min(PROBE_LOOK_MS, state.untilMs - nowMs), state }
      }
      return { kind: 'admitted', state: { kind: 'half-open', probe: claim, untilMs: nowMs + probeMs } }
    default:
      return state satisfies never
  }
}

/** What an attempt's report does to the breaker. A report of an attempt that began before it opened changes nothing. */
export function report(
  state: BreakerState,
  policy: BreakerPolicy,
  claim: string,
  signal: BreakerSignal,
  nowMs: number,
): BreakerState {
  switch (state.kind) {
    case 'closed':
      return signal === 'neutral' ? state : count(state.buckets, policy, signal, nowMs)
    case 'open':
      return state
    case 'half-open':
      if (claim !== state.probe) return state
      if (signal === 'succeeded') return CLOSED
      // A probe that says nothing leaves the place to the next one.
      if (signal === 'neutral') return { ...state, untilMs: nowMs }
      return { kind: 'open', untilMs: nowMs + policy.openMs }
    default:
      return state satisfies never
  }
}

function count(
  buckets: readonly Bucket[],
  policy: BreakerPolicy,
  signal: 'succeeded' | 'failed',
  nowMs: number,
): BreakerState {
  const index = Math.floor(nowMs / bucketMs(policy))
  const present = buckets.find((bucket) => bucket.index === index) ?? { index, succeeded: 0, failed: 0 }
  const updated = { ...present, [signal]: present[signal] + 1 }
  const kept = [...buckets.filter((bucket) => isOfWindow(bucket, index) && bucket.index !== index), updated]

  const failed = kept.reduce((sum, bucket) => sum + bucket.failed, 0)
  const attempts = kept.reduce((sum, bucket) => sum + bucket.succeeded, failed)
  const opens =
    signal === 'failed' && attempts >= policy.minimumAttempts && failed >= policy.failureRate * attempts
  return opens ? { kind: 'open', untilMs: nowMs + policy.openMs } : { kind: 'closed', buckets: kept }
}

/** Not left behind, and not counted by a window of another length, whose indexes are of another scale. */
function isOfWindow(bucket: Bucket, index: number): boolean {
  return bucket.index > index - BUCKETS && bucket.index <= index + 1
}

function bucketMs(policy: BreakerPolicy): number {
  return Math.max(1, Math.floor(policy.windowMs / BUCKETS))
}
