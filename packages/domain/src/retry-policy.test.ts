import fc from 'fast-check'
import { expect, test } from 'vitest'
import { backoffDelayMs, DEFAULT_RETRY, type RetryPolicy } from './retry-policy.ts'

const anyPolicy: fc.Arbitrary<RetryPolicy> = fc.record({
  maxAttempts: fc.integer({ min: 1, max: 1_000 }),
  baseDelayMs: fc.integer({ min: 1, max: 2_147_483_647 }),
  maxDelayMs: fc.integer({ min: 1, max: 2_147_483_647 }),
  maxAgeMs: fc.integer({ min: 1, max: 7_776_000_000 }),
})
const anyAttempt = fc.integer({ min: 1, max: 5_000 })
const anyRandom = fc.double({ min: 0, max: 1, maxExcluded: true, noNaN: true })

test('a back-off is a whole number of milliseconds between nothing and the longest wait', () => {
  fc.assert(
    fc.property(anyPolicy, anyAttempt, anyRandom, (policy, attempt, random) => {
      const delayMs = backoffDelayMs(policy, attempt, random)
      expect(Number.isInteger(delayMs)).toBe(true)
      expect(delayMs).toBeGreaterThanOrEqual(0)
      expect(delayMs).toBeLessThanOrEqual(policy.maxDelayMs)
    }),
  )
})

test('a back-off never exceeds the base doubled for each attempt before it', () => {
  fc.assert(
    fc.property(anyPolicy, fc.integer({ min: 1, max: 20 }), anyRandom, (policy, attempt, random) => {
      expect(backoffDelayMs(policy, attempt, random)).toBeLessThanOrEqual(
        policy.baseDelayMs * 2 ** (attempt - 1),
      )
    }),
  )
})

test('a later attempt never waits less than an earlier one with the same luck', () => {
  fc.assert(
    fc.property(anyPolicy, anyAttempt, anyRandom, (policy, attempt, random) => {
      expect(backoffDelayMs(policy, attempt + 1, random)).toBeGreaterThanOrEqual(
        backoffDelayMs(policy, attempt, random),
      )
    }),
  )
})

test('the jitter is full: it reaches from nothing to the whole of the wait', () => {
  expect(backoffDelayMs(DEFAULT_RETRY, 3, 0)).toBe(0)
  expect(backoffDelayMs(DEFAULT_RETRY, 3, 0.25)).toBe(1_000)
  expect(backoffDelayMs(DEFAULT_RETRY, 3, 0.999_999_9)).toBe(4_000)
})

test('the wait doubles from the base until it is capped', () => {
  const policy = { ...DEFAULT_RETRY, baseDelayMs: 100, maxDelayMs: 1_000 }
  const delays = [1, 2, 3, 4, 5, 6].map((attempt) => backoffDelayMs(policy, attempt, 0.5))
  expect(delays).toEqual([50, 100, 200, 400, 500, 500])
})

test('an attempt number whose power of two overflows still waits no longer than the cap', () => {
  expect(backoffDelayMs(DEFAULT_RETRY, 5_000, 0.5)).toBe(450_000)
})

test('by default a delivery has 8 attempts in a day, from one second to a quarter of an hour apart', () => {
  expect(DEFAULT_RETRY).toEqual({
    maxAttempts: 8,
    baseDelayMs: 1_000,
    maxDelayMs: 15 * 60_000,
    maxAgeMs: 24 * 3_600_000,
  })
})
