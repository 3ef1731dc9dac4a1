import fc from 'fast-check'
import { expect, test } from 'vitest'
import { parseRetryAfterMs } from './retry-after.ts'

const NOW_MS = Date.UTC(1994, 10, 6, 8, 49, 0)

test('a number is seconds from now', () => {
  fc.assert(
    fc.property(fc.nat(), (seconds) => {
      expect(parseRetryAfterMs(String(seconds), NOW_MS)).toBe(seconds * 1_000)
    }),
  )
})

test('an HTTP date is the time until then, or nothing when it has passed', () => {
  const wholeSeconds = fc.integer({ min: 0, max: 4_102_444_800 }).map((seconds) => seconds * 1_000)
  fc.assert(
    fc.property(wholeSeconds, wholeSeconds, (atMs, nowMs) => {
      expect(parseRetryAfterMs(new Date(atMs).toUTCString(), nowMs)).toBe(Math.max(0, atMs - nowMs))
    }),
  )
})

test.each([
  ['the preferred form', 'Sun, 06 Nov 1994 08:49:37 GMT'],
  ['the obsolete RFC 850 form', 'Sunday, 06-Nov-94 08:49:37 GMT'],
  ['the obsolete form of ANSI C, which is GMT without saying so,', 'Sun Nov  6 08:49:37 1994'],
])('%s of an HTTP date is read', (_form, text) => {
  expect(parseRetryAfterMs(text, NOW_MS)).toBe(37_000)
})

test('white space around the value does not matter', () => {
  expect(parseRetryAfterMs('  120 ', NOW_MS)).toBe(120_000)
  expect(parseRetryAfterMs(' Sun, 06 Nov 1994 08:49:37 GMT ', NOW_MS)).toBe(37_000)
})

test('an absent header says nothing', () => {
  expect(parseRetryAfterMs(undefined, NOW_MS)).toBeUndefined()
})

test.each([
  '',
  ' ',
  '-5',
  '+5',
  '1.5',
  '1e3',
  '0x10',
  '5 s',
  '12, 13',
  'soon',
  'after 2099',
  'Sun, ',
  '1994-11-06T08:49:37Z',
])('%j is neither seconds nor an HTTP date, and says nothing', (text) => {
  expect(parseRetryAfterMs(text, NOW_MS)).toBeUndefined()
})

test('whatever the header holds, the wait is a safe, non-negative number of milliseconds or nothing', () => {
  const digits = fc.stringMatching(/^\d{1,400}$/)
  fc.assert(
    fc.property(fc.oneof(fc.string(), digits, fc.date({ noInvalidDate: true }).map(String)), (text) => {
      const ms = parseRetryAfterMs(text, NOW_MS)
      if (ms === undefined) return
      expect(Number.isSafeInteger(ms)).toBe(true)
      expect(ms).toBeGreaterThanOrEqual(0)
    }),
  )
})
