import fc from 'fast-check'
import { expect, test } from 'vitest'
import { createLineSplitter, type Line } from './line-splitter.ts'

const MAX_BYTES = 8

/** What a line is, said in the plainest way: of the whole text at once. */
function expectedOf(text: Buffer): string[] {
  return text
    .toString('latin1')
    .split('\n')
    .map((line) => line.replace(/\r$/, ''))
    .flatMap((line) => (line.length > MAX_BYTES ? ['(too long)'] : /^[ \t\r]*$/.test(line) ? [] : [line]))
}

function read(chunks: readonly Uint8Array[]): string[] {
  const splitter = createLineSplitter(MAX_BYTES)
  const lines: Line[] = [...chunks.flatMap((chunk) => splitter.push(chunk)), ...splitter.end()]
  return lines.map((line) =>
    line.kind === 'line' ? Buffer.from(line.bytes).toString('latin1') : '(too long)',
  )
}

const bytes = fc
  .array(
    fc.oneof(
      fc.constantFrom('\n', '\r\n', ' ', '\t', '\r', 'ab', 'abcdefgh', 'abcdefghi'),
      fc.string({ unit: 'binary', maxLength: 12 }),
    ),
  )
  .map((parts) => Buffer.from(parts.join('')))

test('any chunking of the same bytes gives the same lines', () => {
  fc.assert(
    fc.property(bytes, fc.array(fc.nat(40)), (whole, cuts) => {
      const at = [0, ...cuts.map((cut) => cut % (whole.length + 1)).sort((a, b) => a - b), whole.length]
      const chunks = at.slice(1).map((to, n) => whole.subarray(at[n], to))
      expect(read(chunks)).toEqual(expectedOf(whole))
      expect(read([...whole].map((byte) => Uint8Array.of(byte)))).toEqual(expectedOf(whole))
    }),
    { numRuns: 500 },
  )
})

test.each([
  ['nothing', '', []],
  ['a last line without a line feed', 'a\nb', ['a', 'b']],
  ['a last line with one', 'a\nb\n', ['a', 'b']],
  ['lines of white space', 'a\n\n \t\r\n\nb\n\n', ['a', 'b']],
  ['a line as long as is taken', '12345678\n', ['12345678']],
  ['a line as long as is taken, ended as on Windows', '12345678\r\n', ['12345678']],
  ['a line of one byte more', '123456789\nb', ['(too long)', 'b']],
  ['a last line of one byte more', 'a\n123456789', ['a', '(too long)']],
])('%s', (_title, text, expected) => {
  expect(read([Buffer.from(text)])).toEqual(expected)
})

test('a line that is too long is told of, once, and the lines behind it are read', () => {
  const splitter = createLineSplitter(MAX_BYTES)
  const piece = Buffer.alloc(65_536, 'x')
  for (let n = 0; n < 1_000; n++) expect(splitter.push(piece)).toEqual([])
  expect(splitter.push(Buffer.from('\nok\n')).map((line) => line.kind)).toEqual(['too-long', 'line'])
})
