import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { delivered, permanent, retryable, throttled, type Outcome } from './attempt.ts'
import { decide, isExpired, type DecisionInput } from './decide.ts'
import { DEAD_REASONS } from './delivery.ts'
import type { RetryPolicy } from './retry-policy.ts'
import type { Settlement } from './settlement.ts'

const policy: RetryPolicy = { maxAttempts: 3, baseDelayMs: 1_000, maxDelayMs: 60_000, maxAgeMs: 100_000 }

/** The first attempt of a young delivery, with a back-off of 500 ms. */
const decideOn = (outcome: Outcome, changes: Partial<DecisionInput> = {}): Settlement =>
  decide({ outcome, attemptsSpent: 1, ageMs: 0, policy, random: 0.5, ...changes })

const anyReason = fc.constant('any')
const anyOutcome: fc.Arbitrary<Outcome> = fc.oneof(
  fc.record({ kind: fc.constant('delivered' as const), reason: anyReason }),
  fc.record(
    {
      kind: fc.constant('permanent' as const),
      reason: anyReason,
      deadReason: fc.constantFrom(...DEAD_REASONS),
    },
    { requiredKeys: ['kind', 'reason'] },
  ),
  fc.record({ kind: fc.constant('throttled' as const), reason: anyReason, afterMs: fc.nat() }),
  fc.record(
    { kind: fc.constant('retryable' as const), reason: anyReason, retryAfterMs: fc.nat() },
    { requiredKeys: ['kind', 'reason'] },
  ),
)
const anyInput: fc.Arbitrary<DecisionInput> = fc.record({
  outcome: anyOutcome,
  attemptsSpent: fc.integer({ min: 1, max: 20 }),
  ageMs: fc.nat({ max: 200_000 }),
  policy: fc.record({
    maxAttempts: fc.integer({ min: 1, max: 20 }),
    baseDelayMs: fc.integer({ min: 1, max: 10_000 }),
    maxDelayMs: fc.integer({ min: 1, max: 100_000 }),
    maxAgeMs: fc.integer({ min: 1, max: 200_000 }),
  }),
  random: fc.double({ min: 0, max: 1, maxExcluded: true, noNaN: true }),
})

describe('for every outcome, policy, age and roll of the dice', () => {
  test('the settlement is one that the outcome allows', () => {
    const allowed: Record<Outcome['kind'], Settlement['kind'][]> = {
      delivered: ['delivered'],
      permanent: ['dead'],
      throttled: ['defer', 'dead'],
      retryable: ['retry', 'dead'],
    }
    fc.assert(
      fc.property(anyInput, (input) => {
        expect(allowed[input.outcome.kind]).toContain(decide(input).kind)
      }),
    )
  })

  test('a wait is a whole number of milliseconds that ends within the maximum age', () => {
    fc.assert(
      fc.property(anyInput, (input) => {
        const settlement = decide(input)
        if (settlement.kind !== 'retry' && settlement.kind !== 'defer') return
        expect(Number.isInteger(settlement.delayMs)).toBe(true)
        expect(settlement.delayMs).toBeGreaterThanOrEqual(0)
        expect(input.ageMs + settlement.delayMs).toBeLessThanOrEqual(input.policy.maxAgeMs)
      }),
    )
  })

  test('a wait is never shorter than the target asked for, but where the maximum age cuts it', () => {
    fc.assert(
      fc.property(anyInput, (input) => {
        const settlement = decide(input)
        if (settlement.kind !== 'retry' || input.outcome.kind !== 'retryable') return
        const wishMs = Math.min(input.outcome.retryAfterMs ?? 0, input.policy.maxAgeMs - input.ageMs)
        expect(settlement.delayMs).toBeGreaterThanOrEqual(wishMs)
      }),
    )
  })

  test('being throttled costs no attempt: what comes of it does not depend on the attempts spent', () => {
    const input = anyInput.filter(({ outcome }) => outcome.kind === 'throttled')
    fc.assert(
      fc.property(input, fc.integer({ min: 1, max: 10_000 }), (one, attemptsSpent) => {
        expect(decide({ ...one, attemptsSpent })).toEqual(decide(one))
      }),
    )
  })
})

test('a delivered attempt ends the delivery, however late and however often it was tried', () => {
  expect(decideOn(delivered(), { attemptsSpent: 99, ageMs: policy.maxAgeMs + 1 })).toEqual({
    kind: 'delivered',
  })
})

test('a permanent failure is dead at once, as rejected when it gives no reason of its own', () => {
  expect(decideOn(permanent('http-400'))).toEqual({ kind: 'dead', reason: 'rejected' })
})

test.each(DEAD_REASONS)('a permanent failure that says %s is dead for that reason', (deadReason) => {
  const outcome: Outcome = { kind: 'permanent', reason: 'any', deadReason }
  expect(decideOn(outcome)).toEqual({ kind: 'dead', reason: deadReason })
})

test('a failed attempt is tried again after the back-off', () => {
  expect(decideOn(retryable('http-503'))).toEqual({ kind: 'retry', delayMs: 500 })
  expect(decideOn(retryable('http-503'), { attemptsSpent: 2 })).toEqual({ kind: 'retry', delayMs: 1_000 })
})

test('a Retry-After longer than the back-off wins', () => {
  expect(decideOn(retryable('http-503', 7_000))).toEqual({ kind: 'retry', delayMs: 7_000 })
})

test('a Retry-After shorter than the back-off does not hasten the next attempt', () => {
  expect(decideOn(retryable('http-503', 3))).toEqual({ kind: 'retry', delayMs: 500 })
})

test('a Retry-After longer than the longest back-off is honoured', () => {
  expect(decideOn(retryable('http-503', policy.maxDelayMs + 1))).toEqual({
    kind: 'retry',
    delayMs: policy.maxDelayMs + 1,
  })
})

test('a Retry-After beyond the maximum age is cut there and does not kill the delivery now', () => {
  const settlement = decideOn(retryable('http-503', 31_536_000_000), { ageMs: 40_000 })
  expect(settlement).toEqual({ kind: 'retry', delayMs: 60_000 })
})

test('a back-off beyond the maximum age is cut there', () => {
  const settlement = decideOn(retryable('http-503'), { ageMs: policy.maxAgeMs - 10 })
  expect(settlement).toEqual({ kind: 'retry', delayMs: 10 })
})

test('the last allowed attempt that fails leaves the delivery exhausted, and not the one before', () => {
  expect(decideOn(retryable('timeout'), { attemptsSpent: 2 }).kind).toBe('retry')
  expect(decideOn(retryable('timeout'), { attemptsSpent: 3 })).toEqual({ kind: 'dead', reason: 'exhausted' })
  expect(decideOn(retryable('timeout'), { attemptsSpent: 4 })).toEqual({ kind: 'dead', reason: 'exhausted' })
})

test('a failed attempt that ends at the maximum age leaves the delivery expired', () => {
  const settlement = decideOn(retryable('timeout'), { ageMs: policy.maxAgeMs })
  expect(settlement).toEqual({ kind: 'dead', reason: 'expired' })
})

test('a delivery both out of attempts and too old is exhausted', () => {
  const settlement = decideOn(retryable('timeout'), { attemptsSpent: 3, ageMs: policy.maxAgeMs + 1 })
  expect(settlement).toEqual({ kind: 'dead', reason: 'exhausted' })
})

test('a throttled delivery is deferred for as long as the target asks', () => {
  expect(decideOn(throttled(2_500))).toEqual({ kind: 'defer', delayMs: 2_500 })
})

test.each([0, -5])('a throttled delivery waits at least a millisecond, even when asked for %i', (afterMs) => {
  expect(decideOn(throttled(afterMs))).toEqual({ kind: 'defer', delayMs: 1 })
})

test('a throttled delivery at its maximum age is expired', () => {
  expect(decideOn(throttled(1), { ageMs: policy.maxAgeMs })).toEqual({ kind: 'dead', reason: 'expired' })
})

test('a delivery is expired once it is older than its maximum age, and not before', () => {
  expect(isExpired(policy.maxAgeMs, policy)).toBe(false)
  expect(isExpired(policy.maxAgeMs + 1, policy)).toBe(true)
})
