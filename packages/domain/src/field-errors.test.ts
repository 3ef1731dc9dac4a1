import { expect, test } from 'vitest'
import { z } from 'zod'
import { fieldErrors, formatPath } from './field-errors.ts'

function errorOf(schema: z.ZodType, value: unknown): z.ZodError {
  const result = schema.safeParse(value)
  if (result.success) throw new Error('the value was expected to be wrong')
  return result.error
}

test.each([
  [[], '(root)'],
  [['data'], 'data'],
  [['targets', 2, 'retry', 'maxAttempts'], 'targets[2].retry.maxAttempts'],
  [['rows', 0, 1], 'rows[0][1]'],
  [[0, 'name'], '[0].name'],
])('the path %j is written %s', (path, text) => {
  expect(formatPath(path)).toBe(text)
})

test('a key that is a symbol can be written too', () => {
  expect(formatPath(['data', Symbol('s')])).toBe('data.Symbol(s)')
})

const schema = z.strictObject({
  name: z.string('a name is text'),
  rows: z.array(z.strictObject({ price: z.number('a price is a number') })),
})

test('every issue becomes one error with its path and message, in order', () => {
  const error = errorOf(schema, { name: 5, rows: [{ price: 1 }, { price: 'x' }] })
  expect(fieldErrors(error)).toEqual([
    { path: 'name', message: 'a name is text' },
    { path: 'rows[1].price', message: 'a price is a number' },
  ])
})

test('unknown fields are named one by one, each with its whole path', () => {
  const error = errorOf(schema, { name: 'a', rows: [{ price: 1, cost: 1, tax: 1 }], extra: 1 })
  expect(fieldErrors(error)).toEqual([
    { path: 'rows[0].cost', message: 'unknown field' },
    { path: 'rows[0].tax', message: 'unknown field' },
    { path: 'extra', message: 'unknown field' },
  ])
})

test('what is wrong with the whole value is said of the root', () => {
  expect(fieldErrors(errorOf(z.string('text, please'), 5))).toEqual([
    { path: '(root)', message: 'text, please' },
  ])
})

test('a prefix says where the value stands in a larger document', () => {
  expect(fieldErrors(errorOf(schema, { name: 5, rows: [], extra: 1 }), ['targets', 2])).toEqual([
    { path: 'targets[2].name', message: 'a name is text' },
    { path: 'targets[2].extra', message: 'unknown field' },
  ])
  expect(fieldErrors(errorOf(z.string('text, please'), 5), ['data'])).toEqual([
    { path: 'data', message: 'text, please' },
  ])
})
