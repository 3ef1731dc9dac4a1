import { expect, test } from 'vitest'
import { figure, medianOf, mediansOf, withSpan } from './summary.ts'

test('medians are taken figure by figure', () => {
  expect(medianOf([{ ms: 3 }, { ms: 1 }, { ms: 2 }], (round) => round.ms)).toBe(2)
  expect(
    mediansOf([
      { a: 1, b: 9 },
      { a: 3, b: 7 },
      { a: 2, b: 8 },
    ]),
  ).toEqual({ a: 2, b: 8 })
  expect(mediansOf([])).toEqual({})
})

test.each([
  [1234.56, '1,235'],
  [99.94, '99.9'],
  [9.876, '9.88'],
  [0.5, '0.50'],
])('%d is written as %s', (value, text) => {
  expect(figure(value)).toBe(text)
})

test('a span is shown where there are several rounds', () => {
  expect(withSpan([3000])).toBe('3,000')
  expect(withSpan([300, 100, 200])).toBe('200 (100–300)')
})
