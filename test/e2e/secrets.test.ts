/**
 * No secret shows: not in a log line of any level, not in a metric, not in an answer of the API, whatever targets, libraries
 * and users' functions do with it.
 *
 * Every kind of authentication, against targets that refuse and say back all that they received, and the secret besides.
 */
import { generateKeyPairSync } from 'node:crypto'
import {
  apiKey,
  awsSignatureV4,
  basic,
  bearer,
  createApiKey,
  custom,
  jwtBearer,
  oauth2ClientCredentials,
  permanent,
  secret,
  sharedSecret,
  standardWebhooks,
  standardWebhooksEd25519,
  type TargetDefinition,
} from '@manifold/config'
import { connectRedis } from '@manifold/store'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { apiAt, type Api } from '../support/api.ts'
import { QUICK } from '../support/conformance.ts'
import { eventually } from '../support/eventually.ts'
import { launchPart } from '../support/part.ts'
import { startTestRedis } from '../support/redis.ts'
import { startScriptedApi, type Received, type Reply, type ScriptedApi } from '../support/scripted-api.ts'
import { startSystem, type System } from '../support/system.ts'

const base64 = (text: string) => Buffer.from(text).toString('base64')

const SECRETS = {
  HIDE_BEARER: 'bearer-tok.88/42+x==',
  HIDE_PASSWORD: 'pa:ss "wörd" 8842',
  HIDE_HEADER_KEY: 'header-key&8842',
  HIDE_QUERY_KEY: 'query key/+8842',
  HIDE_CLIENT: 'client/s3cret+8842%',
  HIDE_AWS_ID: 'AKIAHIDE8842EXAMPLE',
  HIDE_AWS_KEY: 'wJalrXUtnFEMI/K7MDENG+8842EXAMPLEKEY',
  HIDE_AWS_SESSION: 'session/token8842==',
  HIDE_WEBHOOK: `whsec_${base64('the secret of webhooks, 8842')}`,
  HIDE_ED25519: `whsk_${base64('32 bytes of ed25519 seed, 8842..')}`,
  HIDE_JWT_KEY: generateKeyPairSync('ec', { namedCurve: 'P-256' }).privateKey.export({
    type: 'pkcs8',
    format: 'pem',
  }),
  HIDE_CUSTOM: 'custom-proof-8842',
  HIDE_STATIC: 'static-header-8842',
  HIDE_PATH: 'path-secret-8842',
  HIDE_SDK: 'sdk-key-8842',
  HIDE_SOURCE: 'source-secret-8842',
  HIDE_CALLBACK: `whsec_${base64('the secret of callbacks, 8842')}`,
} as const
const TOKEN = 'fetched-token-8842-abcdef'
const API_KEY = createApiKey('all', ['publish', 'read', 'admin'])

Object.assign(process.env, SECRETS)

const hidden = (name: keyof typeof SECRETS) => secret(name)

/** As a target that tells too much: the secret itself, then what it received. */
function refusal(status: number, told = '') {
  return ({ method, path, headers, body }: Received): Reply => ({
    status,
    headers: {
      'content-type': 'text/plain',
      'x-request-id': 'of-the-target',
      'x-echo': String(headers.authorization),
    },
    body: `refused: ${told} ${JSON.stringify({ method, path, headers, body: body.toString() })}`,
  })
}

let server: ScriptedApi
let system: System
let api: Api

function targetsAt({ url }: ScriptedApi): TargetDefinition[] {
  const oauth = { tokenUrl: `${url}/token`, clientId: 'shop', clientSecret: hidden('HIDE_CLIENT') }
  const http = { ...QUICK, subscribe: ['**'] }
  return [
    { ...http, name: 'bearer', url: `${url}/bearer`, auth: bearer(hidden('HIDE_BEARER')) },
    { ...http, name: 'basic', url: `${url}/basic`, auth: basic('shop', hidden('HIDE_PASSWORD')) },
    {
      ...http,
      name: 'header-key',
      url: `${url}/header-key`,
      auth: apiKey({ header: 'x-key' }, hidden('HIDE_HEADER_KEY')),
    },
    {
      ...http,
      name: 'query-key',
      url: `${url}/query-key?page=1`,
      auth: apiKey({ query: 'key' }, hidden('HIDE_QUERY_KEY')),
    },
    { ...http, name: 'oauth', url: `${url}/oauth`, auth: oauth2ClientCredentials(oauth) },
    {
      ...http,
      name: 'oauth-refused',
      url: `${url}/never`,
      auth: oauth2ClientCredentials({ ...oauth, tokenUrl: `${url}/no-token`, clientAuthentication: 'post' }),
    },
    {
      ...http,
      name: 'aws',
      url: `${url}/aws`,
      auth: awsSignatureV4({
        accessKeyId: hidden('HIDE_AWS_ID'),
        secretAccessKey: hidden('HIDE_AWS_KEY'),
        sessionToken: hidden('HIDE_AWS_SESSION'),
        region: 'eu-west-1',
        service: 'execute-api',
      }),
    },
    { ...http, name: 'webhook', url: `${url}/webhook`, auth: standardWebhooks(hidden('HIDE_WEBHOOK')) },
    {
      ...http,
      name: 'ed25519',
      url: `${url}/ed25519`,
      auth: standardWebhooksEd25519(hidden('HIDE_ED25519')),
    },
    {
      ...http,
      name: 'jwt',
      url: `${url}/jwt`,
      auth: jwtBearer({
        privateKey: hidden('HIDE_JWT_KEY'),
        algorithm: 'ES256',
        issuer: 'shop',
        audience: 'crm',
      }),
    },
    {
      ...http,
      name: 'custom',
      url: `${url}/custom`,
      headers: { 'x-static': SECRETS.HIDE_STATIC, 'x-read': hidden('HIDE_STATIC').reveal() },
      auth: custom(
        (request) => ({
          ...request,
          headers: { ...request.headers, 'x-proof': `v1 ${hidden('HIDE_CUSTOM').reveal()}` },
        }),
        hidden('HIDE_CUSTOM'),
      ),
    },
    {
      ...http,
      name: 'custom-throws',
      url: `${url}/never`,
      auth: custom(() => {
        throw new Error(`the vault does not know "${hidden('HIDE_CUSTOM').reveal()}"`)
      }),
    },
    { ...http, name: 'in-path', url: `${url}/hook/${hidden('HIDE_PATH').reveal()}` },
    {
      ...http,
      name: 'classified',
      url: `${url}/bearer`,
      auth: bearer(hidden('HIDE_BEARER')),
      classify: (response) => permanent(response.text.slice(0, 60)),
    },
    {
      ...http,
      name: 'captured',
      url: `${url}/captured`,
      captureResponse: true,
      auth: oauth2ClientCredentials(oauth),
    },
    {
      ...QUICK,
      name: 'sdk',
      subscribe: ['**'],
      handle: (_event, { logger }) => {
        const key = hidden('HIDE_SDK').reveal()
        logger.info({ key, client: { options: [key] } }, `calling with ${key}`)
        throw new Error(`the SDK says: 401 for key ${key}`)
      },
    },
  ]
}

beforeAll(async () => {
  server = await startScriptedApi()
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
    callback: SECRETS.HIDE_CALLBACK,
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
    environment: { LOG_LEVEL: 'trace', MANIFOLD_API_KEYS: API_KEY.entry },
    config: () => ({
      targets: targetsAt(server),
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
  api = apiAt(system.url, { authorization: `Bearer ${API_KEY.key}` })
})

afterAll(async () => {
  await system.close()
  await server.close()
})

/** What must not be anywhere. */
const FORMS = [...Object.values(SECRETS), TOKEN, API_KEY.key, `shop:${SECRETS.HIDE_PASSWORD}`].flatMap(
  (value) => [
    ...value.split('\n').filter((line) => line.length > 20 && !line.startsWith('-----')),
    ...(value.includes('\n') ? [] : [value, value.replace(/^whs[a-z]+_/, '')]),
    encodeURIComponent(value),
    base64(value).replace(/=+$/, ''),
    JSON.stringify(value).slice(1, -1),
  ],
)

function expectNoSecret(where: string, text: string): void {
  for (const form of FORMS) expect(text.includes(form), `${where} holds ${form}:\n${text}`).toBe(false)
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
    const callbackUrl = `${server.url}/callback`
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
    for (const line of system.logs()) expectNoSecret('a line', JSON.stringify(line))
  })

  test('failed attempts are logged with their request and how the answer began', () => {
    const failures = system.logs().filter(({ msg }) => msg === 'will retry')
    for (const { name } of targetsAt(server)) {
      if (['sdk', 'custom-throws', 'oauth-refused', 'classified', 'captured'].includes(name)) continue
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
      ...targetsAt(server).map(({ name }) => `/v1/admin/targets/${name}`),
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
