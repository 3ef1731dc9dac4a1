/**
 * The retry decision: from what an attempt came to, to what is done about it.
 *
 * Pure and total: every outcome ends in exactly one settlement. Clock and chance are arguments.
 */
import type { Outcome } from './attempt.ts'
import { backoffDelayMs, type RetryPolicy } from './retry-policy.ts'
import type { Settlement } from './settlement.ts'

export type DecisionInput = {
  readonly outcome: Outcome
  /** Attempts spent in this generation, this one included. */
  readonly attemptsSpent: number
  /** Since the delivery's generation began. */
  readonly ageMs: number
  readonly policy: RetryPolicy
  /** In [0, 1). */
  readonly random: number
}

/**
 * Decides what becomes of a delivery after an attempt.
 *
 * A wait never reaches past the delivery's maximum age: it is cut there, so that the last attempt
 * happens at the limit instead of the delivery being given up early (a `Retry-After` of a year does not kill it today).
 */
export function decide(input: DecisionInput): Settlement {
  const { outcome, policy } = input
  const remainingMs = policy.maxAgeMs - input.ageMs
  switch (outcome.kind) {
    case 'delivered':
      return { kind: 'delivered' }
    case 'permanent':
      return { kind: 'dead', reason: outcome.deadReason ?? 'rejected' }
    case 'throttled':
      if (remainingMs <= 0) return { kind: 'dead', reason: 'expired' }
      return { kind: 'defer', delayMs: Math.min(Math.max(outcome.afterMs, 1), remainingMs) }
    case 'retryable': {
      if (input.attemptsSpent >= policy.maxAttempts) return { kind: 'dead', reason: 'exhausted' }
      if (remainingMs <= 0) return { kind: 'dead', reason: 'expired' }
      const waitMs = Math.max(
        backoffDelayMs(policy, input.attemptsSpent, input.random),
        outcome.retryAfterMs ?? 0,
      )
      return { kind: 'retry', delayMs: Math.min(waitMs, remainingMs) }
    }
    default:
      return outcome satisfies never
  }
}

/** A delivery past its maximum age is not attempted any more. */
export function isExpired(ageMs: number, policy: RetryPolicy): boolean {
  return ageMs > policy.maxAgeMs
}
