/** What is not let in as a webhook, and what cannot become an event, leaves nothing behind. */
import { createHmac } from 'node:crypto'
import { gzipSync } from 'node:zlib'
import {
  basicAuth,
  createApiKey,
  customVerifier,
  defineConfig,
  defineSource,
  hmacSignature,
  secret,
  type SourceDefinition,
} from '@manifold/config'
import { connectRedis, outboxSize } from '@manifold/store'
import { afterAll, beforeAll, beforeEach, expect, test, vi } from 'vitest'
import type { ProblemAnswer } from '../support/api.ts'
import { eventually } from '../support/eventually.ts'
import { dumpOf } from '../support/store.ts'
import { startSystem, type System } from '../support/system.ts'

let system: System
let redis: ReturnType<typeof connectRedis>
let before: Readonly<Record<string, unknown>>

/** What a test makes of a webhook. */
let toEvent: SourceDefinition['toEvent']

const key = createApiKey('publisher', ['publish'])

beforeAll(async () => {
  vi.stubEnv('TEST_SOURCE_SECRET', 'hush')
  const verify = hmacSignature(
    { header: 'x-signature', timestamp: { header: 'x-time' } },
    secret('TEST_SOURCE_SECRET'),
  )
  system = await startSystem({
    withWorker: false,
    environment: { MANIFOLD_API_KEYS: key.entry },
    config: () =>
      defineConfig({
        targets: [{ name: 'crm', subscribe: ['**'], url: 'https://crm.example' }],
        sources: [
          defineSource({ path: 'shop', verify, toEvent: (request) => toEvent(request), maxBodyBytes: 1_000 }),
          defineSource({
            path: 'broken/lock',
            verify: customVerifier(() => {
              throw new Error('no keys to be had')
            }),
            toEvent: () => ({ type: 'a', data: 1 }),
          }),
          defineSource({
            path: 'partner',
            verify: basicAuth({ user: 'partner' }, secret('TEST_SOURCE_SECRET')),
            toEvent: () => ({ type: 'a', data: 1 }),
          }),
        ],
      }),
  })
  redis = connectRedis(system.redis.url, 'patient', () => undefined)
  // What is only there once something was stored is there before the first test looks.
  toEvent = () => ({ type: 'first', data: 1 })
  expect((await send('{}')).status).toBe(202)
})

beforeEach(async () => {
  toEvent = () => ({ type: 'order.placed', data: 1 })
  before = await dump()
})

afterAll(async () => {
  redis.disconnect()
  await system.close()
  vi.unstubAllEnvs()
})

/** All but the leases of background work, once what was stored before is on its queue. */
async function dump(): Promise<Readonly<Record<string, unknown>>> {
  await eventually('an empty outbox', async () => (await outboxSize(system.store)) === 0)
  const all = await dumpOf({ redis })
  return Object.fromEntries(Object.entries(all).filter(([name]) => !name.includes(':lease:')))
}

const nowS = () => String(Math.floor(Date.now() / 1_000))

const sign = (body: string | Buffer, time: string, secretText = 'hush') =>
  createHmac('sha256', secretText).update(`${time}.`).update(body).digest('hex')

type Sent = { readonly status: number; readonly problem: ProblemAnswer; readonly headers: Headers }

async function send(
  body: string | Buffer,
  headers: Record<string, string> = {},
  time = nowS(),
  path = 'shop',
): Promise<Sent> {
  const response = await fetch(`${system.url}/v1/sources/${path}`, {
    method: 'POST',
    headers: {
      'content-type': 'application/json',
      'x-time': time,
      'x-signature': sign(body, time),
      ...headers,
    },
    body,
  })
  const problem = (await response.json()) as ProblemAnswer
  return { status: response.status, headers: response.headers, problem }
}

const logText = () => JSON.stringify(system.logs())

test('a webhook that is not signed so is 401, leaves Redis as it was, and is not in the log', async () => {
  const late = String(Number(nowS()) - 301)
  const early = String(Number(nowS()) + 330)
  const body = '{"card":"4242424242424242"}'
  const answers = [
    await send(body, { 'x-signature': sign('{}', nowS()) }),
    await send(body, { 'x-signature': sign(body, nowS(), 'other') }),
    await send(body, { 'x-signature': '' }),
    await send(body, { 'x-time': '' }),
    await send(body, { authorization: `Bearer ${key.key}`, 'x-signature': 'x' }),
    await send(body, {}, late),
    await send(body, {}, early),
    await send(body, {}, nowS(), 'broken/lock'),
    await send('{"not": json', { 'x-signature': 'x' }),
  ]
  for (const { status, problem } of answers)
    expect({ status, code: problem.code }).toEqual({ status: 401, code: 'invalid-webhook-signature' })
  expect(answers[5]?.problem.detail).toBe('the timestamp is outside the tolerance')
  expect(answers[7]?.problem.detail).toBe('the verifier failed')
  expect(await dump()).toEqual(before)
  expect(logText()).not.toContain('4242424242424242')
  expect(logText()).toContain('no keys to be had')
})

test('a client that sends its password only when it is asked is asked', async () => {
  const { status, headers } = await send('{}', {}, nowS(), 'partner')
  expect({ status, asked: headers.get('www-authenticate') }).toEqual({
    status: 401,
    asked: 'Basic realm="manifold", charset="UTF-8"',
  })
  expect(await dump()).toEqual(before)
  const authorization = `Basic ${Buffer.from('partner:hush').toString('base64')}`
  expect((await send('{}', { authorization }, nowS(), 'partner')).status).toBe(202)
})

test('no API key is asked for where webhooks come in, though events want one', async () => {
  expect((await send('{"n":1}')).status).toBe(202)
  expect((await system.api.post({ type: 'a', data: 1 })).status).toBe(401)
})

const BAD: [string, () => unknown][] = [
  ['throws', () => JSON.parse('secret of ours') as unknown],
  ['is async', () => Promise.reject(new Error('secret of ours'))],
  ['gives an event without a type', () => ({ data: 1 })],
  ['gives an event without data', () => ({ type: 'a', data: undefined })],
  ['gives an event with an unknown field', () => ({ type: 'a', data: 1, tpye: 'b' })],
  ['gives text', () => 'order.placed'],
  ['gives null', () => null],
  ['gives a function', () => () => 1],
  ['gives what JSON cannot say', () => ({ type: 'a', data: 1n })],
  ['names a target that is not there', () => ({ type: 'a', data: 1, targets: ['erp'] })],
  ['gives a good event and a bad one', () => [{ type: 'a', data: 1 }, { type: 'a' }]],
  [
    'gives two events one id',
    () => [
      { type: 'a', data: 1, id: 'x' },
      { type: 'a', data: 2, id: 'x' },
    ],
  ],
  ['gives more events than it may', () => Array.from({ length: 1_001 }, () => ({ type: 'a', data: 1 }))],
  [
    'gives data that holds itself',
    () => {
      const data: { self?: unknown } = {}
      data.self = data
      return { type: 'a', data }
    },
  ],
]

test.each(BAD)('a toEvent that %s is 422, stores nothing, and tells the log alone', async (_what, make) => {
  toEvent = make as SourceDefinition['toEvent']
  const { status, problem } = await send('{"n":2}')
  expect(status).toBe(422)
  expect(problem).toMatchObject({ code: 'webhook-refused' })
  expect(problem).not.toHaveProperty('detail')
  expect(problem).not.toHaveProperty('errors')
  expect(await dump()).toEqual(before)
  const line = system.logs().findLast(({ msg }) => msg === 'toEvent gave no good event')
  expect(line).toMatchObject({ source: 'shop', requestId: problem.requestId })
})

test('signed bytes that are not what they say are refused before toEvent is asked', async () => {
  toEvent = vi.fn(() => ({ type: 'a', data: 1 }))
  expect((await send('{"not": json')).problem).toMatchObject({ status: 400, code: 'malformed-json' })
  expect((await send(Buffer.from([0xc3, 0x28]))).problem).toMatchObject({ status: 400, code: 'invalid-utf8' })
  expect(toEvent).not.toHaveBeenCalled()
  expect(await dump()).toEqual(before)
})

test('a body over the limit is 413, also when it is only large unpacked', async () => {
  expect((await send('x'.repeat(1_001))).problem.code).toBe('body-too-large')
  const packed = gzipSync('x'.repeat(1_001))
  expect((await send(packed, { 'content-encoding': 'gzip' })).problem.code).toBe('body-too-large')
  expect(await dump()).toEqual(before)
})

test.each(['', 'none', 'Shop', 'shop/orders', 'broken', 'shop%2F', '../events'])(
  'there is no source at %j',
  async (path) => {
    const response = await fetch(`${system.url}/v1/sources/${path}`, { method: 'POST', body: '{}' })
    expect(response.status).toBe(path === '../events' ? 401 : 404)
    if (path !== '../events') expect(await response.json()).toMatchObject({ code: 'source-not-found' })
  },
)

test.each(['GET', 'PUT', 'DELETE'])('%s is not what a source takes', async (method) => {
  const response = await fetch(`${system.url}/v1/sources/shop`, { method })
  expect(response.status).toBe(405)
  expect(response.headers.get('allow')).toBe('POST')
})

test('with Redis away the answer is 503, and the next try of the sender is taken', async () => {
  await system.redis.kill()
  const away = await send('{"n":3}')
  expect(away).toMatchObject({ status: 503, problem: { code: 'store-unavailable' } })
  expect(away.headers.get('retry-after')).not.toBeNull()
  await system.redis.start()
  await eventually('the webhook to be taken', async () => (await send('{"n":3}')).status === 202)
})
