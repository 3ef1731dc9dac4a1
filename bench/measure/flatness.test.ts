import { expect, test } from 'vitest'
import { flatnessOf } from './flatness.ts'

test('compares the last third with the second; the first, warming up, does not count', () => {
  expect(flatnessOf([10, 50, 90, 100, 100, 100, 105, 110, 115])).toEqual({
    secondThird: 100,
    lastThird: 110,
    ratio: 1.1,
  })
})

test('counts thirds from the end when they do not come out even', () => {
  expect(flatnessOf([999, 999, 20, 20, 10, 10]).ratio).toBe(0.5)
  expect(flatnessOf([999, 999, 20, 10])).toMatchObject({ secondThird: 20, lastThird: 10 })
})

test('needs three samples', () => {
  expect(() => flatnessOf([1, 2])).toThrow()
})
