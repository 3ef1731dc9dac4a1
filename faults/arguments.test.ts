import { expect, test } from 'vitest'
import { parseFaultArguments, parseSoakArguments } from './arguments.ts'

const KNOWN = ['worker-killed', 'redis-killed']

test('says whether scenarios were named', () => {
  expect(parseFaultArguments([], KNOWN).named).toBe(false)
  expect(parseFaultArguments(['redis-killed'], KNOWN).named).toBe(true)
})

test('without a name every scenario runs; with names those, in the order of the list', () => {
  expect(parseFaultArguments([], KNOWN).names).toEqual(KNOWN)
  expect(parseFaultArguments(['redis-killed', 'worker-killed'], KNOWN).names).toEqual(KNOWN)
  expect(parseFaultArguments(['redis-killed', '--quick'], KNOWN)).toMatchObject({
    names: ['redis-killed'],
    quick: true,
  })
})

test('a name that is none is refused, with those there are', () => {
  expect(() => parseFaultArguments(['redis'], KNOWN)).toThrow('there are: worker-killed, redis-killed')
})

test('a soak has a length and a seed', () => {
  expect(parseSoakArguments(['--minutes', '0.5', '--seed', '3'])).toMatchObject({ minutes: 0.5, seed: 3 })
  expect(() => parseSoakArguments(['--minutes', 'long'])).toThrow('--minutes')
  expect(() => parseSoakArguments(['--seed', '1.5'])).toThrow('--seed')
})
