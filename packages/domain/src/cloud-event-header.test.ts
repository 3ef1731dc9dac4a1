import fc from 'fast-check'
import { expect, test } from 'vitest'
import { decodeHeaderValue, encodeHeaderValue } from './cloud-event-header.ts'

test('the example of the specification', () => {
  expect(encodeHeaderValue('Euro € 😀')).toBe('Euro%20%E2%82%AC%20%F0%9F%98%80')
})

test('every text comes back as it was, in printable ASCII', () => {
  fc.assert(
    fc.property(fc.string({ unit: 'binary' }), (text) => {
      const header = encodeHeaderValue(text)
      expect(header).toMatch(/^[!#-~]*$/)
      expect(decodeHeaderValue(header)).toBe(text)
    }),
    { examples: [[''], [' a '], ['100%'], ['"'], ['\ufeffa'], ['\r\nx: y']] },
  )
})

test('half a surrogate pair is written as U+FFFD', () => {
  expect(encodeHeaderValue('a\ud800b')).toBe('a%EF%BF%BDb')
})

test.each([
  ['a%2fb%41', 'a/bA', 'small letters and needless codes'],
  ['"a \\"b\\" \\\\ %41"', 'a "b" \\ A', 'quotes of older senders'],
  ['a b', 'a b', 'a space'],
  ['a"b', 'a"b', 'a quote in the middle'],
  ['f\u00c3\u00bcr', 'für', 'bytes of UTF-8'],
])('%s is read as %s: %s', (header, text) => {
  expect(decodeHeaderValue(header)).toBe(text)
})

test.each([
  ['%', 'a lone percent sign'],
  ['100%25%', 'a percent sign at the end'],
  ['%zz', 'no hex digits'],
  ['%C0%A0', 'an overlong encoding'],
  ['%E2%82', 'half a character'],
  ['f\u00fcr', 'Latin-1'],
  ['"a', 'an open quote'],
  ['"a\\"', 'a quote that is escaped at the end'],
  ['"a"b', 'something behind a quoted text'],
])('%s cannot be decoded: %s', (header) => {
  expect(decodeHeaderValue(header)).toBeUndefined()
})
