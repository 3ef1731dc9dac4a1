import fc from 'fast-check'
import { expect, test } from 'vitest'
import { formatTraceparent, readTraceparent, withSpanId } from './trace-context.ts'

const TRACE_ID = '4bf92f3577b34da6a3ce929d0e0e4736'
const PARENT_ID = '00f067aa0ba902b7'

const hex = (digits: number) =>
  fc.stringMatching(new RegExp(`^[0-9a-f]{${String(digits)}}$`)).filter((text) => !/^0+$/.test(text))

test('a header that was written can be read: the trace, the span and the flags come back', () => {
  fc.assert(
    fc.property(hex(32), hex(16), fc.stringMatching(/^[0-9a-f]{2}$/), (traceId, spanId, flags) => {
      expect(readTraceparent(formatTraceparent(traceId, spanId, flags))).toEqual({ traceId, spanId, flags })
    }),
  )
})

test('a header is written as version, trace, span and flags', () => {
  expect(formatTraceparent(TRACE_ID, PARENT_ID, '01')).toBe(`00-${TRACE_ID}-${PARENT_ID}-01`)
})

test('another span of the same trace differs in nothing else', () => {
  expect(withSpanId(`00-${TRACE_ID}-${PARENT_ID}-01`, 'b7ad6b7169203331')).toBe(
    `00-${TRACE_ID}-b7ad6b7169203331-01`,
  )
})

test('without a header there is no trace', () => {
  expect(readTraceparent(undefined)).toBeUndefined()
})

test.each([
  ['empty', ''],
  ['of version ff', `ff-${TRACE_ID}-${PARENT_ID}-01`],
  ['with a trace of zeros only', `00-${'0'.repeat(32)}-${PARENT_ID}-01`],
  ['with a parent of zeros only', `00-${TRACE_ID}-${'0'.repeat(16)}-01`],
  ['in upper case', `00-${TRACE_ID.toUpperCase()}-${PARENT_ID}-01`],
  ['with a trace too short', `00-${TRACE_ID.slice(1)}-${PARENT_ID}-01`],
  ['with a trace too long', `00-${TRACE_ID}0-${PARENT_ID}-01`],
  ['with a parent too short', `00-${TRACE_ID}-${PARENT_ID.slice(1)}-01`],
  ['without flags', `00-${TRACE_ID}-${PARENT_ID}`],
  ['with a part too many', `00-${TRACE_ID}-${PARENT_ID}-01-00`],
  ['with characters that are not hex', `00-${TRACE_ID.replace('4', 'g')}-${PARENT_ID}-01`],
  ['with a line break at its end', `00-${TRACE_ID}-${PARENT_ID}-01\n`],
  ['with text before it', `x00-${TRACE_ID}-${PARENT_ID}-01`],
])('a header %s names no trace', (_what, header) => {
  expect(readTraceparent(header)).toBeUndefined()
})
