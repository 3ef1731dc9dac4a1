import { expect, test } from 'vitest'
import { parseArguments } from './arguments.ts'

const known = ['intake', 'delivery', 'latency']

test('without names all suites run, with names those, in the order of the list', () => {
  expect(parseArguments([], known)).toEqual({
    suites: known,
    quick: false,
    out: 'bench/results',
    docs: false,
  })
  expect(parseArguments(['latency', 'intake'], known).suites).toEqual(['intake', 'latency'])
})

test('takes its options', () => {
  expect(parseArguments(['delivery', '--quick', '--out', 'there'], known)).toMatchObject({
    quick: true,
    out: 'there',
  })
  expect(parseArguments(['--docs'], known).docs).toBe(true)
})
