import { expect, test } from 'vitest'
import { median } from './median.ts'

test.each([
  ['one value', [7], 7],
  ['an odd number', [9, 1, 5], 5],
  ['an even number', [1, 10, 2, 4], 3],
  ['numbers, not text', [100, 9, 20], 20],
])('of %s', (_name, values, expected) => {
  expect(median(values)).toBe(expected)
})

test('leaves the values as they were, and there must be some', () => {
  const values = [3, 1, 2]
  median(values)
  expect(values).toEqual([3, 1, 2])
  expect(() => median([])).toThrow('no values')
})
