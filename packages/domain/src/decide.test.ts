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

describe('a wait that reaches past the maximum age', () => {
  test('ends five seconds before it, and does not kill the delivery now', () => {
    const settlement = decideOn(retryable('http-503', 31_536_000_000), { ageMs: 40_000 })
    expect(settlement).toEqual({ kind: 'retry', delayMs: 55_000 })
    expect(decideOn(throttled(60_001), { ageMs: 40_000 })).toEqual({ kind: 'defer', delayMs: 55_000 })
  })

  test('ends a tenth of it before it, when that is less than five seconds', () => {
    const short = { policy: { ...policy, maxAgeMs: 10_000 }, ageMs: 4_000 }
    expect(decideOn(retryable('http-503', 6_001), short)).toEqual({ kind: 'retry', delayMs: 5_000 })
  })

  test('is cut whole, though a tenth of the maximum age is not', () => {
    const odd = { policy: { ...policy, maxAgeMs: 1_005 }, ageMs: 0.5 }
    const settlement = decideOn(retryable('http-503', 6_001), odd)
    expect(settlement).toEqual({ kind: 'retry', delayMs: 904 })
  })

  test('leaves the delivery expired at once when no more than that remains', () => {
    const expired = { kind: 'dead', reason: 'expired' }
    expect(decideOn(retryable('http-503', 5_001), { ageMs: 95_000 })).toEqual(expired)
    expect(decideOn(throttled(5_001), { ageMs: 95_000 })).toEqual(expired)
    expect(decideOn(throttled(5_002), { ageMs: 94_999 })).toEqual({ kind: 'defer', delayMs: 1 })
  })
})

test('a wait that ends within the maximum age is not cut', () => {
  expect(decideOn(retryable('http-503', 5_000), { ageMs: 95_000 })).toEqual({ kind: 'retry', delayMs: 5_000 })
  expect(decideOn(throttled(60_000), { ageMs: 40_000 })).toEqual({ kind: 'defer', delayMs: 60_000 })
})

test('listed delays are waited exactly as they stand, one after each failed attempt', () => {
  const listed = { policy: { ...policy, maxAttempts: 4, delaysMs: [10, 7_000, 0] } }
  const settlements = [1, 2, 3, 4].map((attemptsSpent) =>
    decideOn(retryable('timeout'), { ...listed, attemptsSpent }),
  )
  expect(settlements).toEqual([
    { kind: 'retry', delayMs: 10 },
    { kind: 'retry', delayMs: 7_000 },
    { kind: 'retry', delayMs: 0 },
    { kind: 'dead', reason: 'exhausted' },
  ])
})

test('a failure that gives up earlier than the policy is dead for its own reason after so many attempts', () => {
  const refused: Outcome = {
    kind: 'retryable',
    reason: 'http-401',
    giveUp: { afterAttempts: 2, deadReason: 'rejected' },
  }
  expect(decideOn(refused).kind).toBe('retry')
  expect(decideOn(refused, { attemptsSpent: 2 })).toEqual({ kind: 'dead', reason: 'rejected' })
  expect(decideOn(refused, { attemptsSpent: 9 })).toEqual({ kind: 'dead', reason: 'rejected' })
})

test('the luckiest back-off is no wait at all', () => {
  expect(decideOn(retryable('http-503'), { random: 0 })).toEqual({ kind: 'retry', delayMs: 0 })
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

test.each([0, -5, 999])(
  'a throttled delivery waits for the base delay at least, even when asked for %i ms: nothing else bounds how often it is sent',
  (afterMs) => {
    expect(decideOn(throttled(afterMs))).toEqual({ kind: 'defer', delayMs: policy.baseDelayMs })
  },
)

test('a throttled delivery at its maximum age is expired', () => {
  expect(decideOn(throttled(1), { ageMs: policy.maxAgeMs })).toEqual({ kind: 'dead', reason: 'expired' })
})

test('a delivery is expired once it is older than its maximum age, and not before', () => {
  expect(isExpired(policy.maxAgeMs, policy)).toBe(false)
  expect(isExpired(policy.maxAgeMs + 1, policy)).toBe(true)
})
