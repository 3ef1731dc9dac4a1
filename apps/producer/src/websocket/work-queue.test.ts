import { expect, test } from 'vitest'
import { createWorkQueue } from './work-queue.ts'

test('so much is under way at a time, in order, and whoever brings it pauses meanwhile', async () => {
  const events: string[] = []
  const ends: (() => void)[] = []
  const queue = createWorkQueue({
    atOnce: 2,
    pause: () => events.push('pause'),
    resume: () => events.push('resume'),
  })
  for (const name of ['a', 'b', 'c', 'd'])
    queue.add(() => {
      events.push(name)
      return new Promise((resolve) => ends.push(resolve))
    })
  const endOne = async () => {
    ends.shift()?.()
    await new Promise((resolve) => setImmediate(resolve))
  }
  expect(events).toEqual(['a', 'b', 'pause', 'pause', 'pause'])
  await endOne()
  await endOne()
  expect(events.slice(5)).toEqual(['c', 'd'])
  await endOne()
  await endOne()
  expect(events.slice(7)).toEqual(['resume'])
})
