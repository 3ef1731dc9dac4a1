/** Bodies for one operation: what its schemas allow, and what is wrong as JSON, as text, as bytes or in how it is labelled. */
import { createHmac } from 'node:crypto'
import { brotliCompressSync, deflateSync, gzipSync } from 'node:zlib'
import fc from 'fast-check'
import { asText, brokenJson, brokenText } from './broken-json.ts'
import { fromSchema, type SchemaContext } from './from-schema.ts'
import type { FuzzBody } from './fuzz-request.ts'
import type { FuzzedOperation } from './operations.ts'

export function bodiesFor(
  context: SchemaContext,
  operation: FuzzedOperation,
  how: 'right' | 'wrong',
): fc.Arbitrary<FuzzBody | undefined> {
  const kinds = Object.entries(operation.body).map(([type, { contentSchema, ...schema }]) => {
    const value = contentSchema === undefined ? fromSchema(context, schema) : undefined
    const lines =
      contentSchema === undefined ? undefined : fc.array(fromSchema(context, contentSchema), { maxLength: 3 })
    return {
      type: type === '*/*' ? 'application/json' : type,
      value: value ?? lines ?? fc.constant(null),
      isLines: lines !== undefined,
      isAny: type === '*/*',
    }
  })
  if (kinds.length === 0) return how === 'right' ? fc.constant(undefined) : anyBody
  const chosen = kinds.map((kind) => (how === 'right' ? rightBody(kind) : wrongBody(kind)))
  return how === 'right' ? fc.oneof(...chosen) : fc.oneof(...chosen, anyBody, fc.constant(undefined))
}

type Kind = {
  readonly type: string
  readonly value: fc.Arbitrary<unknown>
  readonly isLines: boolean
  readonly isAny: boolean
}

const ANY_JSON = fc.oneof(
  fc.constantFrom('{"ref":"refs/heads/main"}', '{"zen":"quiet"}', '{"ref":1,"id":"push-1"}'),
  fc.json({ maxDepth: 3 }),
)

function rightBody(kind: Kind): fc.Arbitrary<FuzzBody> {
  const bytes = kind.isAny
    ? ANY_JSON.map((text) => Buffer.from(text))
    : kind.value.map((value) => Buffer.from(kind.isLines ? linesOf(value, asText) : asText(value)))
  const packing = fc.constantFrom<[string, (bytes: Buffer) => Buffer] | undefined>(
    undefined,
    undefined,
    undefined,
    ['gzip', gzipSync],
    ['deflate', deflateSync],
    ['br', brotliCompressSync],
  )
  return fc.record({ bytes, packing, chunks: fc.constantFrom(undefined, undefined, 1, 3) }).map((one) => {
    const packed = one.packing?.[1](one.bytes) ?? one.bytes
    const framing = one.chunks === undefined ? {} : { chunks: one.chunks }
    const encoding = one.packing === undefined ? {} : { encoding: one.packing[0] }
    return { bytes: packed, types: [kind.type], ...encoding, ...framing }
  })
}

function linesOf(value: unknown, write: (line: unknown) => string): string {
  return Array.isArray(value) ? value.map((line) => `${write(line)}\n`).join('') : write(value)
}

const OTHER_TYPES: readonly (readonly string[])[] = [
  ...[
    '',
    'text/plain',
    'application/json; charset=utf-16',
    'application/json; charset="',
    'application/json;',
    'application/',
  ],
  ...[
    'application/json; charset=utf-8; charset=latin1',
    '; charset=utf-8',
    'a/b/c',
    'APPLICATION/JSON',
    'x'.repeat(5_000),
    '\u00e4/\u00e4',
  ],
  ...[
    'application/x-www-form-urlencoded',
    'multipart/form-data',
    'application/cloudevents+xml',
    'application/cloudevents+json; charset=x',
  ],
  ...[
    'application/x-ndjson',
    'application/jsonl',
    'application/cloudevents-batch+json',
    'application/cloudevents+json',
  ],
].map((type) => [type])

const TYPES: readonly (readonly string[])[] = [
  ...OTHER_TYPES,
  [],
  ['application/json', 'text/plain'],
  ['text/plain', 'application/json'],
  ['application/json', 'application/json'],
]

const BOMB = gzipSync(Buffer.alloc(5_000_000, 0x20))

const ENCODINGS = [
  'gzip',
  'deflate',
  'br',
  'zstd',
  'identity',
  'gzip, gzip',
  'GZIP',
  '',
  'x'.repeat(1_000),
  '__proto__',
]

/** Bytes that are what some encoding makes, or would like to be. */
const PACKED = [
  gzipSync('{"type":"order.placed","data":1}').subarray(0, 20),
  gzipSync('{"type":"order.placed","data":1}'),
  Buffer.concat([gzipSync('{"type":"order.placed","data":1}'), Buffer.from('behind it')]),
  gzipSync('{"type":"order.placed","data":1}\n{"type":"order.placed","data":2}\n').subarray(0, -8),
  BOMB,
  brotliCompressSync('{}').subarray(0, 2),
  Buffer.from('no gzip at all'),
  Buffer.alloc(0),
]

const ANY_BYTES = fc.oneof(
  fc.uint8Array({ maxLength: 300 }).map((bytes) => Buffer.from(bytes)),
  fc.json({ maxDepth: 4 }).map((text) => Buffer.from(text)),
  fc.constantFrom(
    Buffer.alloc(0),
    Buffer.alloc(25_000, 0x5b),
    Buffer.from('['.repeat(9_000) + ']'.repeat(9_000)),
    Buffer.from('{"a":'.repeat(3_000) + '1' + '}'.repeat(3_000)),
    Buffer.from('\n'.repeat(5_000)),
    Buffer.from(`"${'x'.repeat(60_000)}"`),
    Buffer.from('[1,'.repeat(3)),
    Buffer.from('"\\ud800"'),
    Buffer.from('[{}, {}, 7, null, "x"]'),
    Buffer.from('{"type":"order.placed","type":"order.other","data":1,"data":2}'),
  ),
)

const anyBody: fc.Arbitrary<FuzzBody> = fc.oneof(
  fc.record({
    bytes: ANY_BYTES,
    types: fc.constantFrom(...TYPES, ['application/json'], ['application/json']),
  }),
  fc.record({
    bytes: fc.constantFrom(...PACKED),
    types: fc.constantFrom(
      ['application/json'],
      ['application/x-ndjson'],
      ['application/cloudevents+json'],
      ['text/plain'],
    ),
    encoding: fc.constantFrom(...ENCODINGS),
  }),
)

function wrongBody(kind: Kind): fc.Arbitrary<FuzzBody> {
  const types = fc.constant([kind.type])
  const good = kind.isAny ? ANY_JSON.map((text) => JSON.parse(text) as unknown) : kind.value
  const broken = kind.isLines
    ? fc
        .array(brokenJson(good.map((lines) => (Array.isArray(lines) ? (lines as unknown[])[0] : lines))), {
          maxLength: 4,
        })
        .map((lines) => lines.join('\n'))
    : brokenJson(good)
  return fc.oneof(
    { weight: 4, arbitrary: fc.record({ bytes: broken.map((text) => Buffer.from(text)), types }) },
    { weight: 2, arbitrary: fc.record({ bytes: brokenText(good), types }) },
    fc.record({ bytes: good.map((value) => Buffer.from(asText(value))), types: fc.constantFrom(...TYPES) }),
  )
}

/** As GitHub signs. */
export function githubSignatureOf(bytes: Uint8Array, key: string): string {
  return `sha256=${createHmac('sha256', key).update(bytes).digest('hex')}`
}
