/** Bad input gets a clear error with a stable code, and nothing is stored. */
import { gzipSync } from 'node:zlib'
import { connect } from 'node:net'
import { countEvents } from '@manifold/store'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { z } from 'zod'
import type { ProblemAnswer } from '../support/api.ts'
import { eventually } from '../support/eventually.ts'
import { startSystem, type System } from '../support/system.ts'

let system: System

beforeAll(async () => {
  system = await startSystem({
    withWorker: false,
    environment: { MANIFOLD_MAX_BODY_BYTES: '20000' },
    config: (sandboxUrl) => ({
      events: { 'order.placed': z.object({ orderId: z.string(), total: z.number() }) },
      targets: [
        { name: 'crm', subscribe: ['order.*'], url: `${sandboxUrl}/t/crm/ok` },
        {
          name: 'broken-filter',
          subscribe: ['filter.*'],
          url: `${sandboxUrl}/t/crm/ok`,
          filter: (event: { data: unknown }) => (event.data as { missing: string }).missing.length > 0,
        },
      ],
    }),
  })
})

afterAll(() => system.close())

const nested = (levels: number) => '['.repeat(levels) + ']'.repeat(levels)

type Case = {
  readonly title: string
  readonly body: string | Uint8Array
  readonly headers?: Record<string, string>
  readonly status: number
  readonly code: string
  readonly paths?: readonly string[]
}

const CASES: readonly Case[] = [
  {
    title: 'malformed JSON',
    body: '{"type": "order.placed", "data": {',
    status: 400,
    code: 'malformed-json',
  },
  { title: 'an empty body', body: '', status: 400, code: 'malformed-json' },
  {
    title: 'a body that is not UTF-8',
    body: Buffer.from([0x22, 0xc3, 0x28, 0x22]),
    status: 400,
    code: 'invalid-utf8',
  },
  {
    title: '100-level nested JSON',
    body: `{"type":"order.placed","data":${nested(100)}}`,
    status: 400,
    code: 'json-too-deep',
  },
  {
    title: 'a body over the limit',
    body: JSON.stringify({ type: 'a', data: 'x'.repeat(20_000) }),
    status: 413,
    code: 'body-too-large',
  },
  {
    title: 'a small body that unpacks over the limit',
    body: gzipSync(JSON.stringify({ type: 'a', data: 'x'.repeat(200_000) })),
    headers: { 'content-encoding': 'gzip' },
    status: 413,
    code: 'body-too-large',
  },
  {
    title: 'another content type',
    body: '<order/>',
    headers: { 'content-type': 'text/xml' },
    status: 415,
    code: 'unsupported-media-type',
  },
  {
    title: 'another charset',
    body: '{}',
    headers: { 'content-type': 'application/json; charset=latin1' },
    status: 415,
    code: 'unsupported-media-type',
  },
  {
    title: 'an unknown content encoding',
    body: '{}',
    headers: { 'content-encoding': 'rot13' },
    status: 415,
    code: 'unsupported-media-type',
  },
  {
    title: 'a JSON value that is no object',
    body: '[]',
    status: 422,
    code: 'invalid-event',
    paths: ['(root)'],
  },
  {
    title: 'missing, wrong and unknown fields, all of them with their paths',
    body: JSON.stringify({
      type: 'order placed',
      time: 'yesterday',
      subjct: 'typo',
      targets: ['crm', 'No!'],
      id: '',
    }),
    status: 422,
    code: 'invalid-event',
    paths: ['type', 'data', 'id', 'time', 'targets[1]', 'subjct'],
  },
  {
    title: "data that does not fit the type's schema",
    body: JSON.stringify({ type: 'order.placed', data: { total: '12' } }),
    status: 422,
    code: 'invalid-event',
    paths: ['data.orderId', 'data.total'],
  },
  {
    title: 'a type of 256 characters',
    body: JSON.stringify({ type: 'x'.repeat(256), data: 1 }),
    status: 422,
    code: 'invalid-event',
    paths: ['type'],
  },
  {
    title: 'an unknown target',
    body: JSON.stringify({ type: 'a.b', data: 1, targets: ['crm', 'erp'] }),
    status: 422,
    code: 'unknown-target',
    paths: ['targets[1]'],
  },
  {
    title: 'a whole number that would arrive as another one',
    body: '{"type":"a","data":{"id":12345678901234567890}}',
    status: 400,
    code: 'inexact-number',
  },
  {
    title: 'a number beyond all range',
    body: '{"type":"a","data":1e400}',
    status: 400,
    code: 'inexact-number',
  },
  {
    title: 'an empty idempotency key',
    body: '{}',
    headers: { 'idempotency-key': '""' },
    status: 400,
    code: 'invalid-idempotency-key',
  },
]

test.each(CASES)('$title is answered $status $code', async ({ body, headers, status, code, paths }) => {
  const before = await countEvents(system.store)
  const answer = await system.api.post<ProblemAnswer>(body, headers)
  expect(answer.headers.get('content-type')).toMatch(/^application\/problem\+json/)
  expect(answer).toMatchObject({ status, body: { status, code } })
  expect(answer.body.fix).not.toBe('')
  expect(answer.headers.get('x-request-id')).toBe(answer.body.requestId)
  if (paths !== undefined)
    expect(answer.body.errors?.map((error) => error.path).sort()).toEqual([...paths].sort())
  expect(await countEvents(system.store)).toBe(before)
})

describe('what is not bad input', () => {
  test('a charset of utf-8, a compressed body and any JSON value as data are taken', async () => {
    const compressed = gzipSync(JSON.stringify({ type: 'a', data: null }))
    const headers = { 'content-type': 'application/json; charset=UTF-8', 'content-encoding': 'gzip' }
    expect((await system.api.post(compressed, headers)).status).toBe(202)
  })

  test('large numbers that arrive as they were sent are taken, and digits in strings', async () => {
    for (const data of ['1234567890123456', '1e21', '"12345678901234567890"', '0.1234567890123456789']) {
      expect((await system.api.post(`{"type":"a","data":${data}}`)).status).toBe(202)
    }
  })

  test('64 levels of data are taken', async () => {
    const { status } = await system.api.post(`{"type":"a","data":${nested(63)}}`)
    expect(status).toBe(202)
  })

  test('an event that no target wants is accepted, and settled as unrouted', async () => {
    const { status, body } = await system.api.post({ type: 'nobody.cares', data: 1 })
    expect(status).toBe(202)
    expect(body).toMatchObject({ status: 'unrouted', deliveries: [] })
    expect(await system.api.event(body.id)).toMatchObject({ status: 'unrouted', settledAt: body.acceptedAt })
  })

  test('a filter that throws lets its target have the event, and says so in the log', async () => {
    const { body } = await system.api.post({ type: 'filter.me', data: {} })
    expect(body.deliveries.map((delivery) => delivery.target)).toEqual(['broken-filter'])
    expect(system.logs().some((line) => String(line['msg']).includes('a filter threw'))).toBe(true)
  })

  test('explicit targets are taken instead of the subscriptions, each once', async () => {
    const { body } = await system.api.post({
      type: 'order.other',
      data: 1,
      targets: ['broken-filter', 'broken-filter'],
    })
    expect(body.deliveries.map((delivery) => delivery.target)).toEqual(['broken-filter'])
  })
})

test('a caller that disconnects in the middle of its body leaves nothing behind', async () => {
  const before = await countEvents(system.store)
  const { port } = new URL(system.url)
  const socket = connect(Number(port), '127.0.0.1')
  socket.write(
    'POST /v1/events HTTP/1.1\r\nhost: 127.0.0.1\r\ncontent-type: application/json\r\ncontent-length: 500\r\n\r\n{"type":"a"',
  )
  await eventually('the request to have begun', () => socket.bytesWritten > 0 && socket.readyState === 'open')
  socket.destroy()
  expect((await system.api.post({ type: 'a', data: 1 })).status).toBe(202)
  expect(await countEvents(system.store)).toBe(before + 1)
  expect(system.logs().filter((line) => line['msg'] === 'request failed')).toEqual([])
})

test.each([
  ['GET', '/v1/event', 404, 'route-not-found'],
  ['GET', '/v1/events/evt_unknown', 404, 'event-not-found'],
  ['GET', '/v1/events/evt_unknown/attempts', 404, 'event-not-found'],
  ['GET', '/v1/events/%E0%A4%A', 404, 'route-not-found'],
  ['PUT', '/v1/events', 405, 'method-not-allowed'],
  ['PUT', '/v1/events/evt_unknown', 405, 'method-not-allowed'],
  ['GET', '/v1/events?cursor=nonsense', 400, 'invalid-cursor'],
  ['GET', '/v1/events?limit=0', 400, 'invalid-query'],
  ['GET', '/v1/events?limit=many&status=odd&after=today&colour=red', 400, 'invalid-query'],
  ['GET', '/v1/events?type=a&type=b', 400, 'invalid-query'],
  ['GET', '/v1/admin/dead-letters/evt_x-crm', 404, 'dead-letter-not-found'],
  ['POST', '/v1/admin/dead-letters/evt_x-crm/replay', 404, 'dead-letter-not-found'],
  ['DELETE', '/v1/admin/dead-letters/nonsense', 404, 'dead-letter-not-found'],
  ['GET', '/v1/admin/dead-letters?reason=boredom', 400, 'invalid-query'],
  ['GET', '/v1/admin/dead-letters?cursor=bm90', 400, 'invalid-cursor'],
  ['GET', '/v1/admin/replays/rpl_unknown', 404, 'replay-not-found'],
  ['GET', '/v1/admin/targets/erp', 404, 'target-not-found'],
  ['POST', '/v1/admin/targets/erp/pause', 404, 'target-not-found'],
])('%s %s is answered %i %s', async (method, path, status, code) => {
  const answer = await system.api.call<ProblemAnswer>(method, path)
  expect(answer).toMatchObject({ status, body: { code } })
})

test('every wrong query parameter is listed', async () => {
  const { body } = await system.api.call<ProblemAnswer>(
    'GET',
    '/v1/events?limit=many&status=odd&after=today&colour=red',
  )
  expect(body.errors?.map((error) => error.path).sort()).toEqual(['after', 'colour', 'limit', 'status'])
})

test('a replay filter with mistakes is refused with all of them', async () => {
  const { status, body } = await system.api.call<ProblemAnswer>('POST', '/v1/admin/dead-letters/replay', {
    reason: 'boredom',
    limit: 0,
    ratePerSecond: -1,
    taget: 'crm',
  })
  expect(status).toBe(422)
  expect(body.code).toBe('invalid-request')
  expect(body.errors?.map((error) => error.path).sort()).toEqual([
    'limit',
    'ratePerSecond',
    'reason',
    'taget',
  ])
})
