/**
 * No secret shows: not in a log line of any level, not in a metric, not in an answer of the API, whatever targets, libraries
 * and users' functions do with it.
 *
 * Every kind of authentication, against targets that refuse and say back all that they received, and the secret besides.
 */
import { fileURLToPath } from 'node:url'
import { createApiKey, sharedSecret } from '@manifold/config'
import { connectRedis } from '@manifold/store'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import type { RunningWorker } from '../../apps/worker/src/worker.ts'
import { apiAt, type Api } from '../support/api.ts'
import { eventually } from '../support/eventually.ts'
import { startIssuer, type Issuer } from '../support/issuer.ts'
import { launchPart } from '../support/part.ts'
import { startTestRedis } from '../support/redis.ts'
import { startScriptedApi, type ScriptedApi } from '../support/scripted-api.ts'
import { startSystem, type System } from '../support/system.ts'
import {
  authority,
  base64,
  hidden,
  local,
  refusal,
  SECRETS,
  targetsAt,
  TOKEN,
} from '../support/telling-targets.ts'
import { openSocket } from '../support/web-socket.ts'

const API_KEY = createApiKey('all', ['publish', 'read', 'admin'])

/** A caller's own, in the address of its callback: who reads events may see them, and who reads the log may not. */
const CALLBACK_PATH = 'path-of-a-caller-8842'
const CALLBACK_QUERY = 'query+of%2Fa-caller-8842'

let server: ScriptedApi
let tlsServer: ScriptedApi
let issuer: Issuer
let system: System
let worker: RunningWorker
let api: Api
let callersToken: string

const targets = () => targetsAt({ url: server.url, tlsUrl: tlsServer.url })

/** What was signed to get a token with. */
const assertions = () =>
  [...server.received('/token'), ...server.received('/no-token')].flatMap(
    ({ body }) => new URLSearchParams(body.toString()).get('assertion') ?? [],
  )

beforeAll(async () => {
  server = await startScriptedApi()
  issuer = await startIssuer()
  callersToken = await issuer.sign({ scope: 'publish read admin' })
  tlsServer = await startScriptedApi({
    cert: local.certificate,
    key: local.privateKey,
    ca: authority.certificate,
    requestCert: true,
    rejectUnauthorized: true,
  })
  tlsServer.on(
    '/mutual-tls',
    refusal(500, JSON.stringify({ key: SECRETS.HIDE_TLS_KEY, certificate: SECRETS.HIDE_TLS_CERTIFICATE })),
  )
  server.on('/jwt-exchanged', (request) => refusal(500, assertions().join(' '))(request))
  const told = {
    bearer: SECRETS.HIDE_BEARER,
    basic: SECRETS.HIDE_PASSWORD,
    'header-key': SECRETS.HIDE_HEADER_KEY,
    'query-key': encodeURIComponent(SECRETS.HIDE_QUERY_KEY),
    oauth: base64(SECRETS.HIDE_CLIENT),
    aws: `${SECRETS.HIDE_AWS_KEY} ${SECRETS.HIDE_AWS_SESSION}`,
    webhook: SECRETS.HIDE_WEBHOOK,
    ed25519: SECRETS.HIDE_ED25519,
    jwt: JSON.stringify({ key: SECRETS.HIDE_JWT_KEY }),
    custom: SECRETS.HIDE_CUSTOM,
    [`hook/${SECRETS.HIDE_PATH}`]: SECRETS.HIDE_PATH,
    [`callback/${CALLBACK_PATH}`]: SECRETS.HIDE_CALLBACK,
  }
  for (const [path, text] of Object.entries(told)) server.on(`/${path}`, refusal(500, text))
  server.on('/token', {
    status: 200,
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify({ access_token: TOKEN, token_type: 'bearer', expires_in: 3_600 }),
  })
  server.on('/no-token', ({ body }) => ({
    status: 400,
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify({ error: 'invalid_client', error_description: `not ${body.toString()}` }),
  }))
  server.on('/captured', ({ headers }) => ({
    status: 200,
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify({ received: headers, client: SECRETS.HIDE_CLIENT }),
  }))
  system = await startSystem({
    environment: { LOG_LEVEL: 'trace', MANIFOLD_API_KEYS: API_KEY.entry, ...issuer.environment },
    withWorker: false,
    config: () => ({
      targets: targets(),
      callbacks: {
        signingSecret: hidden('HIDE_CALLBACK'),
        allowHttp: true,
        allowPrivateNetwork: ['127.0.0.0/8'],
        retry: { maxAttempts: 2, baseDelayMs: 5, maxDelayMs: 10 },
      },
      sources: [
        {
          path: 'gitlab',
          verify: sharedSecret({ header: 'x-token' }, hidden('HIDE_SOURCE')),
          toEvent: ({ headers }) => {
            throw new Error(`no event in ${JSON.stringify(headers)}`)
          },
        },
      ],
    }),
  })
  worker = await system.work()
  api = apiAt(system.url, { authorization: `Bearer ${API_KEY.key}` })
})

afterAll(async () => {
  await system.close()
  await Promise.all([server.close(), tlsServer.close(), issuer.close()])
})

/** What must not be anywhere. Some of it is made during the run: so it is asked for at each look. */
function forbidden(): string[] {
  const sent = server.received('/jwt').map(({ headers }) => String(headers.authorization).split(' ')[1] ?? '')
  const values = [
    ...Object.values(SECRETS),
    TOKEN,
    API_KEY.key,
    `shop:${SECRETS.HIDE_PASSWORD}`,
    callersToken,
    ...sent,
    ...assertions(),
  ]
  return [...new Set(values)].flatMap((value) => [
    ...value.split('\n').filter((line) => line.length > 20 && !line.startsWith('-----')),
    ...(value.includes('\n') ? [] : [value, value.replace(/^whs[a-z]+_/, '')]),
    encodeURIComponent(value),
    base64(value).replace(/=+$/, ''),
    JSON.stringify(value).slice(1, -1),
  ])
}

function expectNoSecret(where: string, text: string, forms = forbidden()): void {
  const found = forms.filter((form) => text.includes(form))
  expect(found, `${where} holds one:\n${text}`).toEqual([])
  expect(text, where).not.toMatch(/Bearer (?!\[secret\]|realm|<|token|key|scope)[\w.-]{12,}/)
}

async function answerOf(path: string): Promise<string> {
  return (await fetch(system.url + path, { headers: { authorization: `Bearer ${API_KEY.key}` } })).text()
}

describe('a run in which every target refuses, and says back what it received', () => {
  let eventId: string

  beforeAll(async () => {
    const webhook = { 'x-token': SECRETS.HIDE_SOURCE }
    await apiAt(system.url).post({ type: 'order.placed' }, webhook, '/v1/sources/gitlab')
    await apiAt(system.url).post({ type: 'order.placed' }, { 'x-token': 'wrong' }, '/v1/sources/gitlab')
    const callbackUrl = `${server.url}/callback/${CALLBACK_PATH}?token=${CALLBACK_QUERY}`
    // As callers bring their tokens, rightly and wrongly.
    const withToken = apiAt(system.url, { authorization: `Bearer ${callersToken}` })
    expect((await withToken.post({ type: 'order.placed', targets: [] })).status).toBeLessThan(500)
    expect((await withToken.call('GET', '/v1/admin/targets')).status).toBe(200)
    await withToken.call('GET', `/v1/admin/nonsense?access_token=${callersToken}`)
    for (const key of [callersToken, API_KEY.key]) {
      const wrong = await apiAt(system.url).call('GET', `/v1/admin/targets?access_token=${key}`)
      expect(wrong.status).toBe(401)
      const socket = await openSocket(system.url, ['manifold', `manifold.bearer.${key}`])
      socket.socket.close()
      await socket.closed
    }
    const { body } = await api.post({ type: 'order.placed', data: { total: 1 }, callbackUrl })
    eventId = body.id
    await eventually('the event to settle', async () => (await api.event(eventId)).settledAt !== null)
    const [letter] = await api.deadLetters('?target=bearer')
    await api.call('POST', `/v1/admin/dead-letters/${String(letter?.id)}/replay`)
    await eventually(
      'the callback to be given up',
      async () => (await api.deadLetters('?target=callbacks')).length > 0,
    )
    await eventually('the replay to end', async () => (await api.event(eventId)).settledAt !== null)
  })

  test('no line of the log holds a secret', () => {
    const forms = forbidden()
    for (const line of system.logs()) expectNoSecret('a line', JSON.stringify(line), forms)
  })

  test('what is looked for was there to be found: tokens and assertions were sent, and repeated', () => {
    expect(server.received('/jwt').length).toBeGreaterThan(0)
    expect(new Set(assertions()).size).toBeGreaterThanOrEqual(2)
    expect(tlsServer.received('/mutual-tls')).toMatchObject([{ client: 'shop' }, { client: 'shop' }])
  })

  test("a callback's line tells where it went by the host alone, and hides what its answer repeats of the rest", () => {
    const line = system.logs().find(({ msg, target }) => msg === 'will retry' && target === 'callbacks')
    expect(line).toMatchObject({
      request: { url: server.url },
      response: { body: expect.stringContaining('[secret]') as string },
    })
    const text = JSON.stringify(system.logs())
    for (const word of [CALLBACK_PATH, CALLBACK_QUERY, 'a-caller-8842']) expect(text).not.toContain(word)
  })

  test("nor does a metric of the worker's, whatever its targets give as a reason", async () => {
    const metrics = await (await fetch(`http://127.0.0.1:${String(worker.port)}/metrics`)).text()
    expect(metrics).toMatch(/manifold_attempts_total\{.*target="classified"/)
    expectNoSecret("the worker's /metrics", metrics)
  })

  test('failed attempts are logged with their request and how the answer began', () => {
    const failures = system.logs().filter(({ msg }) => msg === 'will retry')
    for (const { name } of targets()) {
      if (['sdk', 'custom-throws', 'oauth-refused', 'classified', 'captured', 'jwt-refused'].includes(name))
        continue
      const line = failures.find(({ target }) => target === name)
      expect(line, name).toMatchObject({
        eventId,
        traceId: expect.any(String) as string,
        request: { method: 'POST', headers: { 'idempotency-key': `${eventId}-${name}` } },
        response: { status: 500, headers: { 'x-request-id': 'of-the-target' } },
      })
      expect(line, name).toHaveProperty('response.body', expect.stringMatching(/^refused: .{0,40}\[secret\]/))
      expect(line?.['response'], name).not.toHaveProperty('headers.x-echo')
    }
    const query = failures.find(({ target }) => target === 'query-key')
    expect(query).toMatchObject({ request: { url: `${server.url}/query-key?page=[secret]&key=[secret]` } })
  })

  test('an attempt that was delivered says nothing of its request', () => {
    const delivered = system.logs().filter(({ msg }) => msg === 'delivered')
    expect(delivered.length).toBeGreaterThan(0)
    for (const line of delivered) {
      expect(line).not.toHaveProperty('request')
      expect(line).not.toHaveProperty('response')
    }
  })

  test.each([
    '/metrics',
    '/openapi.json',
    '/v1/events',
    '/v1/admin/targets',
    '/v1/admin/dead-letters?limit=100',
  ])('no answer holds one: GET %s', async (path) => {
    expectNoSecret(path, await answerOf(path))
  })

  test('nor does what is told of the event, its attempts, its answers, its dead letters and its targets', async () => {
    const letters = await api.deadLetters('?limit=100')
    expect(letters.length).toBeGreaterThan(12)
    const paths = [
      `/v1/events/${eventId}`,
      `/v1/events/${eventId}/attempts`,
      `/v1/events/${eventId}/result`,
      ...letters.map(({ id }) => `/v1/admin/dead-letters/${id}`),
      ...targets().map(({ name }) => `/v1/admin/targets/${name}`),
    ]
    for (const path of paths) expectNoSecret(path, await answerOf(path))
    expect(await answerOf(`/v1/events/${eventId}/result`)).toContain('[secret]')
    expect(await answerOf(`/v1/events/${eventId}/attempts`)).toContain('for key [secret]')
  })
})

test('the password of Redis is in no line, whether it is right or wrong', async () => {
  const redis = await startTestRedis()
  const client = connectRedis(redis.url, 'fail-fast', () => undefined)
  await eventually('Redis to take a command', () => client.status === 'ready')
  await client.config('SET', 'requirepass', 'redis-pass-8842')
  const withPassword = (password: string) => redis.url.replace('redis://', `redis://:${password}@`)
  const [right, wrong] = ['redis-pass-8842', 'wrong-pass-8842'].map((password) =>
    launchPart({
      part: 'worker',
      environment: { REDIS_URL: withPassword(password), LOG_LEVEL: 'trace' },
      args: ['--target', 'crm'],
    }),
  )
  try {
    await eventually('the one to start', () => right?.output().includes('worker is consuming'))
    await eventually('the other to be refused', () => wrong?.output().includes('Redis is away'))
    for (const part of [right, wrong]) expect(part?.output()).not.toContain('pass-8842')
  } finally {
    for (const part of [right, wrong]) {
      part?.child.kill('SIGKILL')
      await part?.ended
    }
    client.disconnect()
    await redis.close()
  }
})

test.each(['a-short-8842', 'a-secret-of-many-letters-8842-that-is-no-json'])(
  'what a part says when its config fails over a secret does not tell it: %s',
  async (value) => {
    for (const part of ['producer', 'worker'] as const) {
      const { output, ended } = launchPart({
        part,
        args: part === 'worker' ? ['--all'] : [],
        environment: {
          MANIFOLD_CONFIG: fileURLToPath(new URL('../support/unreadable-secret.config.ts', import.meta.url)),
          TEST_UNREADABLE: value,
        },
      })
      expect(await ended).toBe(1)
      expect(output()).toMatch(/cannot be loaded: .*\[secret\]/)
      expect(output()).not.toMatch(/8842|a-sec|a-sho/)
    }
  },
)
