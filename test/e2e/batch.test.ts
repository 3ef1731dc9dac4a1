/** POST /v1/events/batch: one result for each item, in order, whatever becomes of the others. */
import { brotliCompressSync, deflateSync, gzipSync } from 'node:zlib'
import { countEvents } from '@manifold/store'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { z } from 'zod'
import type { Answer, ProblemAnswer } from '../support/api.ts'
import {
  collect,
  isFailed,
  readBatchLines,
  type BatchAnswer,
  type BatchItemAnswer,
  type BatchLineAnswer,
} from '../support/batch.ts'
import { startSystem, type System } from '../support/system.ts'

const MAX_BODY_BYTES = 2_000

let system: System

beforeAll(async () => {
  system = await startSystem({
    withWorker: false,
    environment: {
      MANIFOLD_MAX_BODY_BYTES: String(MAX_BODY_BYTES),
      MANIFOLD_MAX_BATCH_BYTES: '200000',
    },
    config: (sandboxUrl) => ({
      events: { 'order.placed': z.object({ orderId: z.string() }) },
      targets: [{ name: 'crm', subscribe: ['order.*'], url: `${sandboxUrl}/t/crm/ok` }],
    }),
  })
})

afterAll(() => system.close())

const order = (orderId: string) => ({ type: 'order.placed', data: { orderId } })
const lines = (...items: unknown[]) => items.map((item) => `${JSON.stringify(item)}\n`).join('')

/** Everything that can be wrong with one item, and the code it gets when it comes alone. */
const BAD_ITEMS: readonly (readonly [title: string, json: string | Uint8Array, code: string])[] = [
  ['wrong fields', '{"type":"order placed","subjct":1}', 'invalid-event'],
  ['data that does not fit', '{"type":"order.placed","data":{}}', 'invalid-event'],
  ['no object', '17', 'invalid-event'],
  ['an unknown target', '{"type":"a","data":1,"targets":["erp"]}', 'unknown-target'],
  ['a number that would arrive as another', '{"type":"a","data":12345678901234567890}', 'inexact-number'],
  ['too many levels', `{"type":"a","data":${'['.repeat(80)}${']'.repeat(80)}}`, 'json-too-deep'],
  ['too many bytes', `{"type":"a","data":"${'x'.repeat(MAX_BODY_BYTES)}"}`, 'body-too-large'],
]
const BAD_LINES: typeof BAD_ITEMS = [
  ...BAD_ITEMS,
  ['broken JSON', '{"type":"order.placed","data":', 'malformed-json'],
  ['no UTF-8', Buffer.from([0x22, 0xc3, 0x28, 0x22]), 'invalid-utf8'],
]

function post<Body = BatchAnswer>(
  body: string | Uint8Array,
  headers: Record<string, string> = {},
): Promise<Answer<Body>> {
  return system.api.post<Body>(body, headers, '/v1/events/batch')
}

async function postLines(
  body: string | Uint8Array,
  headers: Record<string, string> = {},
): Promise<BatchLineAnswer[]> {
  return collect(readBatchLines(system.url, [body], headers))
}

/** What a problem says apart from the request it was met in. */
function withoutRequest({ requestId, ...rest }: ProblemAnswer): Omit<ProblemAnswer, 'requestId'> {
  expect(requestId).not.toBe('')
  return rest
}

function problemsOf(items: readonly BatchLineAnswer[]) {
  return items.filter(isFailed).map((item) => withoutRequest(item.problem))
}

describe.each([
  [
    'a JSON array',
    BAD_ITEMS,
    async (items: readonly (string | Uint8Array)[], headers?: Record<string, string>) => {
      const { status, body } = await post(`[${items.map(String).join(' , ')}]`, headers)
      expect(status).toBe(200)
      const { items: results, ...summary } = body
      return { results, summary }
    },
  ],
  [
    'NDJSON',
    BAD_LINES,
    async (items: readonly (string | Uint8Array)[], headers?: Record<string, string>) => {
      const parts = items.flatMap((item) => [Buffer.from(item), Buffer.from('\n')])
      const answer = await postLines(Buffer.concat(parts), headers)
      const last = answer.at(-1)
      if (last === undefined || !('summary' in last)) throw new Error('the last line is no summary')
      return { results: answer.slice(0, -1) as BatchItemAnswer[], summary: last.summary }
    },
  ],
])('%s', (_format, badItems, send) => {
  test('has one result for each item, in order, as the record says', async () => {
    const ids = Array.from({ length: 300 }, () => crypto.randomUUID())
    const { results, summary } = await send(ids.map((id) => JSON.stringify({ ...order(id), id })))
    expect(results.map((item) => !isFailed(item) && item.id)).toEqual(ids)
    expect(results.map((item) => item.index)).toEqual(ids.map((_, index) => index))
    expect(summary).toEqual({ accepted: 300, duplicates: 0, failed: 0 })
    const [id = ''] = ids
    const { acceptedAt } = await system.api.event(id)
    expect(results[0]).toMatchObject({
      status: 202,
      duplicate: false,
      id,
      type: 'order.placed',
      eventStatus: 'pending',
      acceptedAt,
      deliveries: [{ id: `${id}-crm`, target: 'crm', status: 'pending' }],
    })
  })

  test('a caller that prefers a minimal answer hears of failures only, by their places', async () => {
    const good = JSON.stringify(order('A1'))
    const { results, summary } = await send([good, '17', good], { prefer: 'wait=1, return=minimal' })
    expect(results).toMatchObject([{ index: 1, status: 422 }])
    expect(summary).toEqual({ accepted: 2, duplicates: 0, failed: 1 })
    expect((await send([good], { prefer: 'return=minimal' })).results).toEqual([])
  })

  test('bad items do not sink good ones, and are told what they would be told alone', async () => {
    const before = await countEvents(system.store)
    const good = JSON.stringify(order('A1'))
    const { results, summary } = await send(badItems.flatMap(([, bad]) => [good, bad]))
    expect(results.map((item) => item.status === 202)).toEqual(badItems.flatMap(() => [true, false]))
    expect(summary).toEqual({ accepted: badItems.length, duplicates: 0, failed: badItems.length })
    expect(await countEvents(system.store)).toBe(before + badItems.length)

    const alone = await Promise.all(badItems.map(([, bad]) => system.api.post<ProblemAnswer>(bad)))
    expect(problemsOf(results)).toEqual(alone.map(({ body }) => withoutRequest(body)))
    expect(problemsOf(results).map((problem) => problem.code)).toEqual(badItems.map(([, , code]) => code))
  })

  test('an id is an identity: the same again is a duplicate, another body is refused', async () => {
    const id = crypto.randomUUID()
    const [same, other] = [JSON.stringify({ ...order('A1'), id }), JSON.stringify({ ...order('A2'), id })]
    expect((await system.api.post(same)).status).toBe(202)
    const { results, summary } = await send([same, other, same])
    expect(results.map((item) => (isFailed(item) ? item.problem.code : item.duplicate))).toEqual([
      true,
      'event-id-taken',
      true,
    ])
    expect(summary).toEqual({ accepted: 0, duplicates: 2, failed: 1 })
  })

  test('a batch sent again with its Idempotency-Key stores nothing twice, and what failed is accepted then', async () => {
    const headers = { 'idempotency-key': crypto.randomUUID() }
    const items = ['A1', 'A2', 'A3'].map((one) => JSON.stringify(order(one)))
    const first = await send(['{"type":"order.placed"}', ...items.slice(1)], headers)
    expect(first.summary).toEqual({ accepted: 2, duplicates: 0, failed: 1 })
    const again = await send(items, headers)
    expect(again.summary).toEqual({ accepted: 1, duplicates: 2, failed: 0 })
    const ids = ({ results }: typeof again) => results.map((item) => !isFailed(item) && item.id)
    expect(ids(again).slice(1)).toEqual(ids(first).slice(1))
  })

  test('the key belongs to an item at its place: another body there is refused', async () => {
    const headers = { 'idempotency-key': crypto.randomUUID() }
    await send([JSON.stringify(order('A1'))], headers)
    const { results } = await send([JSON.stringify(order('A2'))], headers)
    expect(problemsOf(results).map((problem) => problem.code)).toEqual(['idempotency-key-reused'])
  })
})

test.each([
  ['an object', '{"type":"a","data":1}', {}, 422, 'invalid-batch'],
  ['an empty array', ' [ ] ', {}, 422, 'invalid-batch'],
  ['more items than an array may have', `[${'1,'.repeat(10_000)}1]`, {}, 422, 'invalid-batch'],
  ['an array that is broken off', '[{"type":"a","data":1},', {}, 400, 'malformed-json'],
  ['nothing', '', {}, 400, 'malformed-json'],
  ['bytes that are not UTF-8', Buffer.from([0x5b, 0x22, 0xc3, 0x28, 0x22, 0x5d]), {}, 400, 'invalid-utf8'],
  ['an array over the limit', `["${'x'.repeat(200_000)}"]`, {}, 413, 'body-too-large'],
  [
    'an array over the limit when unpacked',
    gzipSync(`["${'x'.repeat(200_000)}"]`),
    { 'content-encoding': 'gzip' },
    413,
    'body-too-large',
  ],
  ['another content type', '[]', { 'content-type': 'text/csv' }, 415, 'unsupported-media-type'],
  [
    'another charset',
    '[]',
    { 'content-type': 'application/x-ndjson; charset=latin1' },
    415,
    'unsupported-media-type',
  ],
  ['another encoding', '[]', { 'content-encoding': 'rot13' }, 415, 'unsupported-media-type'],
  [
    'lines in another encoding',
    '1',
    { 'content-type': 'application/x-ndjson', 'content-encoding': 'rot13' },
    415,
    'unsupported-media-type',
  ],
  ['no line', '\n \n', { 'content-type': 'application/x-ndjson' }, 422, 'invalid-batch'],
  ['an empty idempotency key', '[1]', { 'idempotency-key': '""' }, 400, 'invalid-idempotency-key'],
  [
    'lines that are not packed as they say',
    '{"type":"a","data":1}',
    { 'content-type': 'application/x-ndjson', 'content-encoding': 'gzip' },
    400,
    'malformed-json',
  ],
] as const)('%s is no batch: %o is answered %o', async (_title, body, headers, status, code) => {
  const before = await countEvents(system.store)
  const answer = await post<ProblemAnswer>(body, headers)
  expect(answer).toMatchObject({ status, body: { status, code } })
  expect(answer.headers.get('content-type')).toMatch(/^application\/problem\+json/)
  expect(await countEvents(system.store)).toBe(before)
})

test('an event may be called batch, and is found', async () => {
  await system.api.post({ ...order('A1'), id: 'batch' })
  expect(await system.api.event('batch')).toMatchObject({ id: 'batch', type: 'order.placed' })
})

test('one line of the log says what became of a batch', async () => {
  const key = crypto.randomUUID()
  const { headers } = await post(`[${JSON.stringify(order('A1'))},1]`, { 'x-request-id': key })
  expect(headers.get('x-request-id')).toBe(key)
  await expect
    .poll(() => system.logs().find((line) => line['requestId'] === key))
    .toMatchObject({ status: 200, batch: { accepted: 1, duplicates: 0, failed: 1 } })
})

test.each([
  ['gzip', gzipSync],
  ['deflate', deflateSync],
  ['br', brotliCompressSync],
])('lines packed with %s are taken, each with its limit after unpacking', async (encoding, pack) => {
  const body = pack(lines(order('A1'), 'x'.repeat(1_000_000), order('A2')))
  const answer = await postLines(body, { 'content-encoding': encoding })
  expect(answer.at(-1)).toEqual({ summary: { accepted: 2, duplicates: 0, failed: 1 } })
  expect(problemsOf(answer).map((problem) => problem.code)).toEqual(['body-too-large'])
})

test('packed lines that break off are accepted up to there, and the answer says so', async () => {
  const ids = Array.from({ length: 2_000 }, () => crypto.randomUUID())
  const packed = gzipSync(lines(...ids.map(order)))
  const answer = await postLines(packed.subarray(0, packed.length / 2), { 'content-encoding': 'gzip' })
  // Behind the accepted ones: the rest that cannot be unpacked, and the summary.
  const accepted = answer.length - 2
  expect(accepted).toBeGreaterThan(100)
  expect(answer.at(-1)).toEqual({ summary: { accepted, duplicates: 0, failed: 1 } })
  expect(answer.at(-2)).toMatchObject({
    index: accepted,
    status: 400,
    problem: { code: 'malformed-json', detail: expect.stringContaining('cannot be unpacked') as string },
  })
})

test.each(['application/x-ndjson; charset=utf-8', 'application/ndjson', 'application/jsonl'])(
  'lines may be called %s',
  async (type) => {
    const answer = await postLines(`\n${lines(order('A1'))}\r\n${JSON.stringify(order('A2'))}`, {
      'content-type': type,
    })
    expect(answer.at(-1)).toEqual({ summary: { accepted: 2, duplicates: 0, failed: 0 } })
  },
)
