import { Writable } from 'node:stream'
import { expect, test } from 'vitest'
import { createPatientWriter } from './patient-writer.ts'

/** An answer whose reader takes a piece when the test says so. */
function answer() {
  const taken: string[] = []
  let take: () => void = () => undefined
  const writable = new Writable({
    highWaterMark: 4,
    write: (chunk: Buffer, _encoding, done) => {
      take = () => {
        taken.push(chunk.toString())
        done()
      }
    },
  })
  return {
    writable,
    taken,
    take: () => {
      take()
    },
  }
}

test('what a slow reader has not taken is waited for', async () => {
  const { writable, taken, take } = answer()
  const write = createPatientWriter(writable, 10_000)
  expect(await write('a')).toBe(true)
  const second = write('bcdefg')
  take()
  await new Promise((resolve) => setImmediate(resolve))
  take()
  expect(await second).toBe(true)
  expect(taken).toEqual(['a', 'bcdefg'])
  expect(writable.listenerCount('drain') + writable.listenerCount('close')).toBe(0)
})

test('a reader who takes nothing is cut off', async () => {
  const { writable } = answer()
  expect(await createPatientWriter(writable, 1)('abcdefg')).toBe(false)
  expect(writable.destroyed).toBe(true)
})

test('a reader who goes away while it is waited for ends the waiting', async () => {
  const { writable } = answer()
  const write = createPatientWriter(writable, 10_000)
  const writing = write('abcdefg')
  writable.destroy()
  expect(await writing).toBe(false)
  expect(await write('more')).toBe(false)
})
