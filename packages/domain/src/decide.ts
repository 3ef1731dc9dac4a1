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

/** How long before a delivery's end its last attempt is, when the wait would have reached past it. */
const LAST_ATTEMPT_MS = 5_000

/**
 * Decides what becomes of a delivery after an attempt.
 *
 * A wait never reaches past the delivery's maximum age: it is cut to end shortly before, so that there is a last attempt
 * instead of giving up early (a `Retry-After` of a year does not kill today). When no more than that is left, it is dead.
 */
export function decide(input: DecisionInput): Settlement {
  const { outcome, policy } = input
  switch (outcome.kind) {
    case 'delivered':
      return { kind: 'delivered' }
    case 'permanent':
      return { kind: 'dead', reason: outcome.deadReason ?? 'rejected' }
    case 'throttled': {
      // It costs no attempt, so nothing else bounds how often a target that says "now" is asked.
      const delayMs = fitToAge(input, Math.max(policy.baseDelayMs, outcome.afterMs))
      return delayMs === undefined ? { kind: 'dead', reason: 'expired' } : { kind: 'defer', delayMs }
    }
    case 'retryable': {
      const { giveUp } = outcome
      if (giveUp !== undefined && input.attemptsSpent >= giveUp.afterAttempts) {
        return { kind: 'dead', reason: giveUp.deadReason }
      }
      if (input.attemptsSpent >= policy.maxAttempts) return { kind: 'dead', reason: 'exhausted' }
      const backoffMs = backoffDelayMs(policy, input.attemptsSpent, input.random)
      const delayMs = fitToAge(input, Math.max(backoffMs, outcome.retryAfterMs ?? 0))
      return delayMs === undefined ? { kind: 'dead', reason: 'expired' } : { kind: 'retry', delayMs }
    }
    default:
      return outcome satisfies never
  }
}

/** The wait in whole milliseconds, cut to the delivery's age; `undefined` when there is no time for another attempt. */
function fitToAge({ ageMs, policy }: DecisionInput, waitMs: number): number | undefined {
  const remainingMs = policy.maxAgeMs - ageMs
  const wholeMs = Math.ceil(waitMs)
  if (wholeMs <= remainingMs) return wholeMs
  const lastMs = Math.min(LAST_ATTEMPT_MS, policy.maxAgeMs / 10)
  return remainingMs > lastMs ? Math.floor(remainingMs - lastMs) : undefined
}

/** A delivery past its maximum age is not attempted any more. */
export function isExpired(ageMs: number, policy: RetryPolicy): boolean {
  return ageMs > policy.maxAgeMs
}
