import { expect, test } from 'vitest'
import { createSlots } from './slots.ts'

const turn = () => new Promise((resolve) => setImmediate(resolve))

test('slots are taken as long as there are any, and no more', async () => {
  const slots = createSlots(3)
  expect(await slots.take(2)).toBe(2)
  expect(slots.takeFree(5)).toBe(1)
  expect(slots.takeFree(1)).toBe(0)
})

test('who waits gets what came back in one turn, together', async () => {
  const slots = createSlots(4)
  await slots.take(4)
  const waiting = slots.take(10)
  slots.giveBack(1)
  slots.giveBack(1)
  slots.giveBack(1)
  expect(await waiting).toBe(3)
})

test('who waited first is served first, and nobody overtakes', async () => {
  const slots = createSlots(1)
  await slots.take(1)
  const served: string[] = []
  const first = slots.take(1).then(() => served.push('first'))
  const second = slots.take(1).then(() => served.push('second'))
  slots.giveBack(1)
  expect(slots.takeFree(1)).toBe(0)
  await first
  slots.giveBack(1)
  await second
  expect(served).toEqual(['first', 'second'])
})

test('a few slots are handed out after a moment, when no more come back', async () => {
  const slots = createSlots(40)
  await slots.take(40)
  const waiting = slots.take(20)
  slots.giveBack(2)
  expect(await waiting).toBe(2)
})

test('who fetches the next job gets a slot only when no job waits for one', async () => {
  const slots = createSlots(1)
  await slots.take(1)
  const served: string[] = []
  const idle = slots.takeWhenIdle().then(() => served.push('fetch'))
  const job = slots.take(1).then(() => served.push('job'))
  slots.giveBack(1)
  await job
  await turn()
  expect(served).toEqual(['job'])
  slots.giveBack(1)
  await idle
  expect(served).toEqual(['job', 'fetch'])
})
