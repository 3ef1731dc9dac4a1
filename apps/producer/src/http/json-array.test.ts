import fc from 'fast-check'
import { expect, test } from 'vitest'
import { splitJsonArray } from './json-array.ts'

test('the items of any array are what its parser finds, each as it was written', () => {
  fc.assert(
    fc.property(fc.array(fc.jsonValue()), fc.constantFrom(undefined, 1, '\t'), (values, indent) => {
      const items = splitJsonArray(JSON.stringify(values, undefined, indent))
      expect(items.map((item) => JSON.parse(item) as unknown)).toEqual(JSON.parse(JSON.stringify(values)))
    }),
  )
})

test.each([
  ['an empty array', '[]', []],
  ['an empty array with white space', ' [ \n ] ', []],
  ['numbers as they were written', '[1.0, 12345678901234567890]', ['1.0', '12345678901234567890']],
  ['brackets, commas and quotes in strings', '["],[", "\\"],", "\\\\"]', ['"],["', '"\\"],"', '"\\\\"']],
  ['arrays and objects in arrays', '[[1,[2]],{"a":[3,4]}]', ['[1,[2]]', '{"a":[3,4]}']],
])('%s', (_title, text, expected) => {
  expect(splitJsonArray(text)).toEqual(expected)
})
