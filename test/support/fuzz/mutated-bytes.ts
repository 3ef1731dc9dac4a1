/** Bytes with a few of them changed, left out, doubled or mixed up. */
import fc from 'fast-check'

const WORDS = [
  '\r\n',
  '\r',
  '\n',
  '\0',
  ' ',
  ':',
  '\r\n\r\n',
  'HTTP/1.1',
  '0\r\n\r\n',
  '\xff',
  '%',
  '{',
  '"',
  '-',
  '9'.repeat(20),
]

type Change = {
  readonly how: 'insert' | 'replace' | 'remove' | 'double' | 'cut'
  readonly at: number
  readonly word: string
  readonly count: number
}

export function mutated(wholes: readonly Buffer[]): fc.Arbitrary<Buffer> {
  const change = fc.record<Change>({
    how: fc.constantFrom('insert', 'insert', 'replace', 'replace', 'remove', 'double', 'cut'),
    at: fc.nat(1_000),
    word: fc.oneof(
      fc.constantFrom(...WORDS),
      fc.string({ unit: 'binary-ascii', minLength: 1, maxLength: 3 }),
    ),
    count: fc.integer({ min: 1, max: 40 }),
  })
  return fc
    .tuple(fc.constantFrom(...wholes), fc.array(change, { minLength: 1, maxLength: 4 }))
    .map(([whole, changes]) => changes.reduce(apply, whole))
}

function apply(bytes: Buffer, { how, at, word, count }: Change): Buffer {
  const place = at % (bytes.length + 1)
  const before = bytes.subarray(0, place)
  const rest = bytes.subarray(place)
  const put = Buffer.from(word, 'latin1')
  switch (how) {
    case 'insert':
      return Buffer.concat([before, put, rest])
    case 'replace':
      return Buffer.concat([before, put, rest.subarray(put.length)])
    case 'remove':
      return Buffer.concat([before, rest.subarray(count)])
    case 'double':
      return Buffer.concat([before, rest.subarray(0, count), rest])
    case 'cut':
      return before
    default:
      return how satisfies never
  }
}
