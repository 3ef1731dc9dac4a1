import { expect, test } from 'vitest'
import { percentilesOf } from './percentiles.ts'

test('are values that were measured, by nearest rank', () => {
  const hundred = Array.from({ length: 100 }, (_, index) => 100 - index)
  expect(percentilesOf(hundred)).toEqual({ count: 100, p50: 50, p90: 90, p99: 99, max: 100 })
})

test('of few values are the largest ones', () => {
  expect(percentilesOf([4])).toEqual({ count: 1, p50: 4, p90: 4, p99: 4, max: 4 })
  expect(percentilesOf([1, 30])).toEqual({ count: 2, p50: 1, p90: 30, p99: 30, max: 30 })
})

test('of nothing are an error', () => {
  expect(() => percentilesOf([])).toThrow('no values')
})
