import { expect, test } from 'vitest'
import { alternate } from './alternate.ts'

test('runs both sides in turn, one at a time, and keeps their results apart', async () => {
  const order: string[] = []
  const side = (name: string) => async (round: number) => {
    order.push(`${name}${String(round)}`)
    await new Promise((resolve) => setImmediate(resolve))
    order.push('end')
    return name + String(round)
  }
  const results = await alternate(2, side('A'), side('B'))
  expect(order).toEqual(['A1', 'end', 'B1', 'end', 'A2', 'end', 'B2', 'end'])
  expect(results).toEqual({ first: ['A1', 'A2'], second: ['B1', 'B2'] })
})

test('stops at the first failure', async () => {
  let second = 0
  const failing = alternate(
    3,
    () => Promise.reject(new Error('lost')),
    () => Promise.resolve(second++),
  )
  await expect(failing).rejects.toThrow('lost')
  expect(second).toBe(0)
})
