import { expect, test } from 'vitest'
import { randomHex, secureRandom } from './secure-random.ts'

test('hex has two digits a byte, and none comes twice, over many fillings of the pool', () => {
  const ids = Array.from({ length: 5_000 }, () => randomHex(16))
  expect(ids.every((id) => /^[0-9a-f]{32}$/.test(id))).toBe(true)
  expect(new Set(ids).size).toBe(ids.length)
})

test('numbers are in [0, 1) and spread over all of it', () => {
  const numbers = Array.from({ length: 100_000 }, secureRandom)
  expect(numbers.every((number) => number >= 0 && number < 1)).toBe(true)
  const counts = new Map<number, number>()
  for (const number of numbers) {
    const part = Math.floor(number * 32)
    counts.set(part, (counts.get(part) ?? 0) + 1)
  }
  expect(counts.size).toBe(32)
  // 3,125 expected in each; ten standard deviations to either side.
  for (const count of counts.values()) expect(Math.abs(count - 3_125)).toBeLessThan(560)
})
