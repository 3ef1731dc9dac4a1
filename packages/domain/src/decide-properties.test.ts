import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import type { Outcome } from './attempt.ts'
import { decide, type DecisionInput } from './decide.ts'
import { DEAD_REASONS } from './delivery.ts'
import type { Settlement } from './settlement.ts'

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
        const { maxAgeMs } = input.policy
        const lastMs = Math.floor(maxAgeMs - input.ageMs - Math.min(5_000, maxAgeMs / 10))
        const wishMs = Math.min(input.outcome.retryAfterMs ?? 0, lastMs)
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
