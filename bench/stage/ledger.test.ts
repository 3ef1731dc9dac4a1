import { expect, test } from 'vitest'
import { untilReached } from './ledger.ts'

test('waits until the count is reached, and tells the moment', async () => {
  let count = 0
  const startedMs = Number(process.hrtime.bigint()) / 1e6
  const endedMs = await untilReached('things to come', 5, () => Promise.resolve(++count))
  expect(count).toBe(5)
  expect(endedMs).toBeGreaterThan(startedMs)
})

test('more than enough is enough', async () => {
  await untilReached('things to come', 5, () => Promise.resolve(7))
})

test('a count that fails ends the wait', async () => {
  const failing = untilReached('things to come', 5, () => Promise.reject(new Error('Redis is gone')))
  await expect(failing).rejects.toThrow('Redis is gone')
})
