/** `manifold targets`: stop and go; and a test event whose secrets nobody sees. */
import { once } from 'node:events'
import { createServer, type IncomingMessage, type RequestListener, type ServerResponse } from 'node:http'
import type { AddressInfo } from 'node:net'
import { text } from 'node:stream/consumers'
import { fileURLToPath } from 'node:url'
import { countEvents, keys } from '@manifold/store'
import { Webhook } from 'standardwebhooks'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { jsonLines, manifold, startManifold } from '../support/command.ts'
import { eventually } from '../support/eventually.ts'
import { startSystem, type System } from '../support/system.ts'
import { containing } from '../support/matching.ts'

const SIGNING = `whsec_${Buffer.from('a-secret-for-signing-things').toString('base64')}`
const SECRETS = { TEST_TOKEN: 'tok-3kd9', TEST_SIGNING: SIGNING, TEST_QUERY: 'que/ry+3kd9' }
const config = fileURLToPath(new URL('../support/command.config.ts', import.meta.url))

type Received = { readonly path: string; readonly headers: Record<string, string>; readonly body: string }

let system: System
let environment: Record<string, string>
const received: Received[] = []

beforeAll(async () => {
  system = await startSystem({
    config: (sandboxUrl) => ({
      targets: [{ name: 'crm', subscribe: ['order.*'], url: `${sandboxUrl}/t/crm/ok` }],
    }),
  })
  const echo = await listening((request, response) => {
    void answer(request, response)
  })
  environment = { MANIFOLD_URL: system.url, MANIFOLD_CONFIG: config, TEST_ECHO_URL: echo, ...SECRETS }
})
const server = createServer()

afterAll(async () => {
  server.close()
  await system.close()
})

const STATUSES: Readonly<Record<string, number>> = { '/refusing': 400, '/outdated': 401 }

const DATA = '{"orderId":"A-1"}'

/** Says everything that it was told, as many a test endpoint does. */
async function answer(request: IncomingMessage, response: ServerResponse): Promise<void> {
  const headers = Object.fromEntries(
    Object.entries(request.headers).map(([name, value]) => [name, String(value)]),
  )
  const one = { path: request.url ?? '', headers, body: await text(request) }
  received.push(one)
  if (one.path === '/hanging') return
  if (one.path === '/tokens') {
    response.setHeader('content-type', 'application/json')
    if (received.filter(({ path }) => path === '/tokens').length > 1) response.statusCode = 500
    response.end('{"access_token":"tok-of-the-first-3kd9","token_type":"bearer","expires_in":3600}')
    return
  }
  const status = STATUSES[one.path] ?? 200
  response.writeHead(status, { 'content-type': 'application/json', 'set-cookie': 'session=3kd9-cookie' })
  response.end(JSON.stringify(one))
}

/** For all tests of the file. */
async function listening(answer: RequestListener): Promise<string> {
  server.on('request', answer)
  await once(server.listen(0, '127.0.0.1'), 'listening')
  return `http://127.0.0.1:${String((server.address() as AddressInfo).port)}`
}

test('targets are listed and shown; one is paused, and goes on', async () => {
  const list = await manifold(['targets', 'list'], { environment })
  expect(list.stdout).toMatch(/^crm +running +closed +0 +0 +0 +0 +-$/m)
  const paused = await manifold(['targets', 'pause', 'crm', '--json'], { environment })
  expect(JSON.parse(paused.stdout)).toMatchObject({ name: 'crm', paused: true })
  const shown = await manifold(['targets', 'show', 'crm'], { environment })
  expect(shown.stdout).toMatch(/^state +paused$/m)
  const resumed = await manifold(['targets', 'resume', 'crm'], { environment })
  expect(resumed.stdout).toMatch(/^state +running$/m)
  const lines = jsonLines((await manifold(['targets', 'list', '--json'], { environment })).stdout)
  const api = await system.api.call<{ items: unknown[] }>('GET', '/v1/admin/targets')
  expect(lines).toEqual(api.body.items)
  const unknown = await manifold(['targets', 'show', 'erp'], { environment })
  expect(unknown).toMatchObject({ code: 1, stderr: containing('target-not-found') })
})

test('a target that is in no config any more is listed for as long as something of it is left', async () => {
  const { redis } = system.store
  await redis.hset(keys.removedTargets, 'old', Date.now(), 'empty', Date.now())
  await redis.zadd(keys.deadLettersOf('old'), 1, 'evt_1-old')
  const list = await manifold(['targets', 'list'], { environment })
  expect(list.stdout).toMatch(/^old +removed +- +0 +0 +0 +1 +-$/m)
  expect(list.stdout).not.toContain('empty')
  await redis.del(keys.removedTargets, keys.deadLettersOf('old'))
})

test.each([
  ['token', ['authorization: [secret]'], 'Bearer tok-3kd9'],
  [
    'query',
    ['access_token=[secret]', 'k=[secret]', 'x-tenant-secret: [secret]', 'x-tenant: acme'],
    'que%2Fry%2B3kd9',
  ],
  ['custom', ['x-mine: [secret]'], 'made-up-here'],
])(
  'a test event to "%s" arrives with its secrets, of which request and answer show none',
  async (name, shown, sent) => {
    const { code, stdout, stderr } = await manifold(['targets', 'test', name, '--data', DATA], {
      environment,
    })
    expect(code).toBe(0)
    expect(JSON.stringify(received.at(-1))).toContain(sent)
    for (const text of ['HTTP 200', 'delivered (http-200)', 'set-cookie: [secret]', ...shown])
      expect(stdout).toContain(text)
    for (const secret of ['3kd9', 'in-the-config', 'made-up-here', encodeURIComponent(SECRETS.TEST_QUERY)])
      expect(stdout + stderr).not.toContain(secret)
  },
)

test('a signature is shown, and is right; its secret is not', async () => {
  const { code, stdout } = await manifold(
    ['targets', 'test', 'signed', '--type', 'order.placed', '--data', DATA, '--json'],
    { environment },
  )
  expect(code).toBe(0)
  const last = received.at(-1)
  expect(() => new Webhook(SIGNING).verify(last?.body ?? '', last?.headers ?? {})).not.toThrow()
  expect(JSON.parse(stdout)).toMatchObject({
    target: 'signed',
    type: 'order.placed',
    request: { method: 'POST', headers: { 'webhook-signature': last?.headers['webhook-signature'] } },
    response: { status: 200 },
    outcome: 'delivered',
  })
  expect(stdout).not.toContain(SIGNING)
})

test('an answer that is no delivery, a blocked address and missing secrets end with 1', async () => {
  const refused = await manifold(['targets', 'test', 'refusing', '--data', DATA], { environment })
  expect(refused).toMatchObject({ code: 1, stdout: containing('dead letter (rejected)') })
  expect(JSON.parse(received.at(-1)?.body ?? '')).toMatchObject({
    type: 'order.placed',
    data: { orderId: 'A-1' },
  })
  const count = received.length
  const blocked = await manifold(['targets', 'test', 'inside', '--data', DATA], { environment })
  expect(blocked).toMatchObject({ code: 1, stdout: containing('not a public address') })
  const missing = await manifold(['targets', 'test', 'token'], {
    environment: { ...environment, TEST_TOKEN: '' },
  })
  expect(missing).toMatchObject({ code: 1, stderr: containing('TEST_TOKEN_FILE') })
  expect(received).toHaveLength(count)
})

test('data that the config refuses is told by field, and a wrong name with those there are; nothing is sent', async () => {
  const count = received.length
  const wrong = await manifold(['targets', 'test', 'refusing'], { environment })
  expect(wrong).toMatchObject({ code: 2, stderr: containing('data.orderId:') })
  const unknown = await manifold(['targets', 'test', 'tokne'], { environment })
  expect(unknown).toMatchObject({ code: 2, stderr: containing('token, signed') })
  const odd = await manifold(['targets', 'test', 'token', '--data', '{'], { environment })
  expect(odd).toMatchObject({ code: 2, stderr: containing('--data is not JSON') })
  expect(received).toHaveLength(count)
})

test('a function is called here', async () => {
  const { code, stdout, stderr } = await manifold(['targets', 'test', 'handled'], { environment })
  expect({ code, stderr }).toMatchObject({ code: 0, stderr: containing('looked at') })
  expect(stdout).toContain('delivered (handled)')
})

test('what a function says, and fails with, is shown without its secrets', async () => {
  const { code, stdout, stderr } = await manifold(['targets', 'test', 'careless', '--data', DATA], {
    environment,
  })
  expect(code).toBe(1)
  expect(stderr).toBe('info: calling with [secret]\\u001b[31m {"key":"[secret]"}\n')
  expect(stdout).toContain('error: the SDK says: 401 for key [secret]')
})

test('secrets that url, headers and body of a target reveal arrive, and are not shown', async () => {
  const { code, stdout, stderr } = await manifold(['targets', 'test', 'revealing', '--data', DATA], {
    environment,
  })
  expect(code).toBe(0)
  const { path, headers, body } = received.at(-1) ?? { path: '', headers: {}, body: '' }
  expect([path, headers['x-route'], body]).toEqual([
    `/revealing/${SECRETS.TEST_TOKEN}`,
    SIGNING,
    JSON.stringify({ key: SECRETS.TEST_QUERY }),
  ])
  expect(stdout).toContain('/revealing/[secret]\n')
  expect(stdout + stderr).not.toMatch(/3kd9|whsec_/)
})

test('a token that cannot be renewed is told with the request that was refused', async () => {
  const { code, stdout } = await manifold(['targets', 'test', 'outdated', '--data', DATA], { environment })
  expect(code).toBe(1)
  for (const text of ['POST ', '/outdated', 'authorization: [secret]', 'HTTP 401', 'authentication-failed'])
    expect(stdout).toContain(text)
  expect(stdout).not.toContain('nothing was sent')
  expect(stdout).not.toContain('3kd9')
})

test.each([
  ['SIGINT', 130],
  ['SIGTERM', 143],
] as const)(
  '%s while nothing answers ends it with %i, and says nothing about the target',
  async (signal, code) => {
    const count = received.length
    const { child, result } = startManifold(['targets', 'test', 'hanging', '--data', DATA], { environment })
    await eventually('the request to arrive', () => received.length > count)
    child.kill(signal)
    expect(await result).toEqual({ code, stdout: '', stderr: '' })
  },
)

test('an event from a file or the input is sent as it is; it is not mixed with --type and --data', async () => {
  const event = JSON.stringify({
    type: 'order.placed',
    data: { orderId: 'A-2' },
    subject: 'two',
    id: 'mine-2',
  })
  const words = ['targets', 'test', 'token', '--event', '-']
  expect(await manifold(words, { environment, input: event })).toMatchObject({ code: 0 })
  expect(JSON.parse(received.at(-1)?.body ?? '')).toMatchObject({
    id: 'mine-2',
    subject: 'two',
    data: { orderId: 'A-2' },
  })
  const count = received.length
  for (const [args, input, message] of [
    [[...words, '--type', 'a.b'], event, 'either --event'],
    [words, '{', '--event is not JSON'],
    [words, '{"type":"no spaces","data":1}', 'type: '],
    [['targets', 'test', 'token', '--event', 'no-such-file'], '', '"no-such-file" cannot be read (ENOENT)'],
  ] as const)
    expect(await manifold(args, { environment, input })).toMatchObject({
      code: 2,
      stderr: containing(message),
    })
  expect(received).toHaveLength(count)
})

test('nothing of all that is recorded', async () => {
  expect(await countEvents(system.store)).toBe(0)
})
