import { randomBytes } from 'node:crypto'
import { brotliCompressSync, deflateSync, gzipSync } from 'node:zlib'
import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { unpack } from './unpack.ts'

const PACKERS: [string, (bytes: Uint8Array) => Buffer][] = [
  ['gzip', gzipSync],
  ['x-gzip', gzipSync],
  ['deflate', deflateSync],
  ['br', brotliCompressSync],
]

const nothing = { bytes: Buffer.alloc(0), truncated: true }

describe.each(PACKERS)('%s', (encoding, pack) => {
  test('is unpacked to the very bytes that were packed', () => {
    fc.assert(
      fc.property(fc.uint8Array({ minLength: 1, maxLength: 5_000 }), (bytes) => {
        expect(unpack(pack(bytes), encoding, 5_000)).toEqual({ bytes: Buffer.from(bytes), truncated: false })
      }),
      { numRuns: 30 },
    )
  })

  test('is unpacked up to the limit, and a byte more is nothing', () => {
    expect(unpack(pack(Buffer.alloc(1_000)), encoding, 1_000).bytes).toHaveLength(1_000)
    expect(unpack(pack(Buffer.alloc(1_001)), encoding, 1_000)).toEqual(nothing)
  })

  test('that is a bomb, a few bytes for ten million, is nothing', () => {
    const bomb = pack(Buffer.alloc(10_000_000))
    expect(bomb.length).toBeLessThan(20_000)
    expect(unpack(bomb, encoding, 65_536)).toEqual(nothing)
  })

  test('whose end is missing is nothing', () => {
    const packed = pack(randomBytes(1_000))
    expect(unpack(packed.subarray(0, packed.length - 20), encoding, 5_000)).toEqual(nothing)
  })

  test('that is garbage is nothing', () => {
    expect(unpack(Buffer.from('this was never packed'), encoding, 5_000)).toEqual(nothing)
  })

  test('whose name is written in another case, with white space around, is the same', () => {
    const packed = pack(Buffer.from('hello'))
    expect(unpack(packed, ` ${encoding.toUpperCase()} `, 100)).toEqual(unpack(packed, encoding, 100))
  })
})

test.each([undefined, 'identity', 'Identity'])('bytes with the encoding %s are as they came', (encoding) => {
  const bytes = Buffer.from('hello')
  expect(unpack(bytes, encoding, 5)).toEqual({ bytes, truncated: false })
})

test.each(['zstd-of-tomorrow', 'gzip, br', 'constructor', '__proto__'])(
  'bytes with the encoding %s are nothing, as it is not known',
  (encoding) => {
    expect(unpack(Buffer.from('hello'), encoding, 100)).toEqual(nothing)
  },
)

test.each(['gzip', 'br', 'constructor'])('no bytes at all are no bytes, even as %s', (encoding) => {
  const bytes = Buffer.alloc(0)
  expect(unpack(bytes, encoding, 100)).toEqual({ bytes, truncated: false })
})
