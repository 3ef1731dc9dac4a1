import fc from 'fast-check'
import { decodeTime } from 'ulid'
import { expect, test } from 'vitest'
import { createEventIdFactory, EVENT_ID_PATTERN } from './event.ts'

const anyTime = fc.integer({ min: 1, max: 2 ** 48 - 1 })
const half = () => 0.5

test('an id is evt_ and a ULID, and one that a caller could have chosen', () => {
  const makeId = createEventIdFactory()
  fc.assert(
    fc.property(anyTime, (nowMs) => {
      const id = makeId(nowMs)
      expect(id).toMatch(/^evt_[0-7][0-9A-HJKMNP-TV-Z]{25}$/)
      expect(id).toMatch(EVENT_ID_PATTERN)
    }),
  )
})

test('an id tells when it was made', () => {
  fc.assert(
    fc.property(anyTime, (nowMs) => {
      expect(decodeTime(createEventIdFactory(half)(nowMs).slice('evt_'.length))).toBe(nowMs)
    }),
  )
})

test('ids ascend, within one millisecond and when the clock steps back', () => {
  fc.assert(
    fc.property(
      fc.array(fc.integer({ min: 1_000, max: 1_005 }), { minLength: 2, maxLength: 50 }),
      (times) => {
        const ids = times.map(createEventIdFactory(half))
        expect(ids).toEqual([...new Set(ids)].sort())
      },
    ),
  )
})

test('chance is what tells apart the ids of two processes in the same millisecond', () => {
  expect(createEventIdFactory(half)(1_000)).toBe(createEventIdFactory(half)(1_000))
  expect(createEventIdFactory(() => 0.25)(1_000)).not.toBe(createEventIdFactory(half)(1_000))
})

test('without a source of chance each factory draws its own', () => {
  const ids = Array.from({ length: 100 }, () => createEventIdFactory()(1_000))
  expect(new Set(ids).size).toBe(100)
})
