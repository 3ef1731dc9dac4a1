/** What may be said over the WebSocket: documented messages, those with one thing wrong, and what is no message. */
import fc from 'fast-check'
import { asText, brokenJson, brokenText } from './broken-json.ts'
import { fromSchema, type SchemaContext } from './from-schema.ts'

export type SocketFrame = {
  /** More than one: a message in fragments. */
  readonly parts: readonly Buffer[]
  readonly isBinary: boolean
}

const REQUESTS = ['publish', 'subscribe', 'unsubscribe']

/** Names of subscriptions: some of them there are. */
const SUBSCRIPTIONS = fc.integer({ min: 1, max: 4 }).map(String)

/** Larger than any message may be. */
const HUGE = Buffer.alloc(30_000, 0x20)

export function socketFrames(context: SchemaContext): fc.Arbitrary<SocketFrame> {
  const event = fromSchema(context, EVENT)
  const known = {
    ...context.known,
    event,
    subscription: SUBSCRIPTIONS,
    after: fc.constantFrom('0', '1760000000000-0.1'),
  }
  const requests = REQUESTS.map((name) =>
    fromSchema({ ...context, known }, { $ref: `#/components/schemas/Socket-${name}` }),
  )
  const request = fc.oneof(...requests)
  const text = (arbitrary: fc.Arbitrary<string>) => arbitrary.map((one) => Buffer.from(one))
  const words = fc.oneof(
    { weight: 14, arbitrary: text(request.map(asText)) },
    { weight: 14, arbitrary: text(brokenJson(request)) },
    { weight: 2, arbitrary: brokenText(request) },
    text(fc.json({ maxDepth: 3 })),
    fc.uint8Array({ maxLength: 100 }).map((bytes) => Buffer.from(bytes)),
    fc.constantFrom(Buffer.alloc(0), HUGE, Buffer.from('['.repeat(9_000))),
  )
  return fc
    .record({ words, isBinary: fc.integer({ min: 0, max: 9 }), fragments: fc.constantFrom(1, 1, 1, 2, 7) })
    .map(({ words: bytes, isBinary, fragments }) => ({
      parts: inFragments(bytes, fragments),
      isBinary: isBinary === 0,
    }))
}

/** What a publish brings is no part of its schema: it is judged as a POST is. */
const EVENT = {
  type: 'object',
  properties: { type: { type: 'string' }, data: {}, id: { type: 'string', pattern: '^[a-z]{1,4}$' } },
  required: ['type', 'data'],
} as const

function inFragments(bytes: Buffer, count: number): Buffer[] {
  const size = Math.max(1, Math.ceil(bytes.length / count))
  const parts: Buffer[] = []
  for (let at = 0; at < bytes.length; at += size) parts.push(bytes.subarray(at, at + size))
  return parts.length === 0 ? [bytes] : parts
}
