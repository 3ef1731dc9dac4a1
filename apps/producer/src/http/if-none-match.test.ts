import { expect, test } from 'vitest'
import { hasState } from './if-none-match.ts'

test.each([
  ['"a"', true],
  ['W/"a"', true],
  ['"b", "a"', true],
  ['"b",W/"a"', true],
  ['*', true],
  ['"b"', false],
  ['a', false],
  ['', false],
  [undefined, false],
])('whoever says %s has the state "a": %s', (header, expected) => {
  expect(hasState(header, '"a"')).toBe(expected)
})
