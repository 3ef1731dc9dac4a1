/**
 * The attempt: one try at a delivery, and the outcome it came to.
 *
 * Outcome says what happened; what is then done about it is a Settlement (settlement.ts).
 */
import { DEAD_REASONS, type DeadReason } from './delivery.ts'

/** What one attempt came to. */
export type Outcome =
  /** The target took it. */
  | { readonly kind: 'delivered'; readonly reason: string }
  /** It may work later. `retryAfterMs` is the target's own wish. */
  | {
      readonly kind: 'retryable'
      readonly reason: string
      readonly retryAfterMs?: number
      /** It may work later, but not for long: dead for this reason after so many attempts. */
      readonly giveUp?: { readonly afterAttempts: number; readonly deadReason: DeadReason }
    }
  /** It will never work: dead at once. */
  | { readonly kind: 'permanent'; readonly reason: string; readonly deadReason?: DeadReason }
  /** The target asks for a slower pace: try again, at no cost. */
  | { readonly kind: 'throttled'; readonly reason: string; readonly afterMs: number }

export type OutcomeKind = Outcome['kind']

/** One attempt as it is recorded and shown. */
export type Attempt = {
  /** When the request started, milliseconds since the epoch. */
  readonly atMs: number
  readonly durationMs: number
  /** `null` when no answer came. */
  readonly httpStatus: number | null
  readonly outcome: OutcomeKind
  /** A stable short word: `http-503`, `timeout`, `connection-refused` … */
  readonly reason: string
  /** What the library or the user's function said, cut to 300 characters. */
  readonly error?: string
}

/** The API accepted the delivery. */
export const delivered = (reason = 'classified'): Outcome => ({ kind: 'delivered', reason })

/** The attempt failed but may work later. */
export const retryable = (reason: string, retryAfterMs?: number): Outcome =>
  retryAfterMs === undefined ? { kind: 'retryable', reason } : { kind: 'retryable', reason, retryAfterMs }

/** The attempt failed for good: straight to the dead letters as `rejected`. */
export const permanent = (reason: string): Outcome => ({ kind: 'permanent', reason })

/** The API asks for a slower pace; costs no attempt. */
export const throttled = (afterMs: number, reason = 'throttled'): Outcome => ({
  kind: 'throttled',
  reason,
  afterMs,
})

/** Whether a value that a user's function gave is an outcome: nothing checks its types when it runs. */
export function isOutcome(value: unknown): value is Outcome {
  if (typeof value !== 'object' || value === null || !('kind' in value) || !('reason' in value)) return false
  if (typeof value.reason !== 'string') return false
  switch (value.kind) {
    case 'delivered':
      return true
    case 'permanent':
      return !('deadReason' in value) || DEAD_REASONS.some((reason) => reason === value.deadReason)
    case 'retryable':
      return !('retryAfterMs' in value) || value.retryAfterMs === undefined || isDuration(value.retryAfterMs)
    case 'throttled':
      return 'afterMs' in value && isDuration(value.afterMs)
    default:
      return false
  }
}

function isDuration(value: unknown): boolean {
  return typeof value === 'number' && Number.isFinite(value)
}
