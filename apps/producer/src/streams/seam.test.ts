import fc from 'fast-check'
import { expect, test } from 'vitest'
import { resetMessage, type StreamMessage } from './messages.ts'
import { createSeam } from './seam.ts'

const at = (place: number) => resetMessage(`${String(place)}-0.0`)
const placeOf = (place: number) => `${String(place)}-0.0`
const numbers = (messages: readonly StreamMessage[]) =>
  messages.map(({ place }) => Number(place.split('-')[0]))
const never = new AbortController().signal

test('whatever was read and whatever was told meanwhile, each is passed on once and in order', async () => {
  await fc.assert(
    fc.asyncProperty(
      fc.nat(30),
      fc.nat(30),
      fc.array(fc.integer({ min: 1, max: 4 }), { maxLength: 10 }),
      async (read, toldFrom, sizes) => {
        // Told live: batches of changes from some place on, at most one past what was read.
        const first = Math.min(toldFrom, read) + 1
        const seam = createSeam()
        seam.collect()
        const seen: number[] = Array.from({ length: read }, (_, index) => index + 1)
        const live = new AbortController()
        let next = first
        const tell = (size: number) => {
          const batch = Array.from({ length: size }, () => at(next++))
          seam.onMessages(batch, batch.at(-1)?.place ?? '')
        }
        const half = sizes.length / 2
        sizes.slice(0, half).forEach(tell)
        const passed = seam.pass(
          placeOf(read),
          (messages) => {
            seen.push(...numbers(messages))
            return 'more'
          },
          live.signal,
        )
        sizes.slice(half).forEach(tell)
        live.abort()
        expect(await passed).toBe('left')
        const last = Math.max(read, next - 1)
        expect(seen).toEqual(Array.from({ length: last }, (_, index) => index + 1))
      },
    ),
  )
})

test('what is told before collecting, or while ignored, is left to the reading', async () => {
  const seam = createSeam()
  seam.onMessages([at(1)], placeOf(1))
  seam.collect()
  seam.onMessages([at(2)], placeOf(2))
  seam.ignore()
  seam.onMessages([at(3)], placeOf(3))
  seam.collect()
  seam.onMessages([at(4)], placeOf(4))
  const seen: number[] = []
  const tell = (messages: readonly StreamMessage[]) => {
    seen.push(...numbers(messages))
    return 'ended' as const
  }
  expect(await seam.pass(placeOf(3), tell, never)).toBe('ended')
  expect(seen).toEqual([4])
})

test('a gap ends it, whether it came while collecting or later; one from before does not count', async () => {
  const tell = () => 'more' as const
  const seam = createSeam()
  seam.onGap()
  seam.collect()
  seam.onGap()
  expect(await seam.pass('1-0.0', tell, never)).toBe('gap')
  seam.collect()
  const passed = seam.pass('1-0.0', tell, never)
  seam.onGap()
  expect(await passed).toBe('gap')
})

test('who has left is passed nothing', async () => {
  const seam = createSeam()
  seam.collect()
  seam.onMessages([at(2)], placeOf(2))
  expect(await seam.pass('1-0.0', () => expect.unreachable(), AbortSignal.abort())).toBe('left')
})
