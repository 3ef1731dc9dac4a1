/** Proofs that are the same for every request: none, bearer, basic, API key, and whatever a function makes. */
import { apiKey, basic, bearer, custom, none, secret } from '@manifold/config'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { authTarget, deliver, setStage, type Stage } from '../support/conformance.ts'
import type { Received } from '../support/scripted-api.ts'

process.env['STATIC_TOKEN'] = 'token-1.a_b~c+d/e='
process.env['STATIC_PASSWORD'] = 'pa:ss wörd'
process.env['STATIC_KEY'] = 'key/with+signs&='

let stage: Stage

beforeAll(async () => {
  stage = await setStage((server) => [
    authTarget(server, 'none', none()),
    authTarget(server, 'bearer', bearer(secret('STATIC_TOKEN'))),
    authTarget(server, 'basic', basic('shop', secret('STATIC_PASSWORD'))),
    authTarget(server, 'header-key', apiKey({ header: 'X-API-Key' }, secret('STATIC_KEY'))),
    {
      ...authTarget(server, 'query-key', apiKey({ query: 'key' }, secret('STATIC_KEY'))),
      url: `${server.url}/query-key?page=1`,
    },
    authTarget(
      server,
      'custom',
      custom(async (request, { nowMs, fetch }) => {
        const answer = await fetch(`${server.url}/nonce`)
        const proof = [await answer.text(), secret('STATIC_KEY').reveal(), String(nowMs > 0)].join('|')
        return { ...request, headers: { ...request.headers, 'x-proof': proof } }
      }, secret('STATIC_KEY')),
    ),
    authTarget(
      server,
      'custom-throws',
      custom(() => {
        throw new Error('the vault is sealed')
      }),
    ),
    {
      ...authTarget(
        server,
        'custom-hangs',
        custom(() => new Promise(() => undefined)),
      ),
      timeoutMs: 200,
    },
  ])
  stage.server.on('/nonce', { status: 200, body: 'nonce-7' })
})

afterAll(() => stage.close())

/** The one request a delivery to the target made. */
async function requestOf(target: string): Promise<Received> {
  expect(await deliver(stage.system.api, target)).toMatchObject({ status: 'delivered', attempts: 1 })
  const [request] = stage.server.received(`/${target}`)
  if (request === undefined) throw new Error('no request')
  return request
}

test('none: the request carries no proof', async () => {
  const { headers } = await requestOf('none')
  expect(headers).not.toHaveProperty('authorization')
  expect(headers).not.toHaveProperty('webhook-signature')
})

test('bearer: the token is in the Authorization header', async () => {
  expect((await requestOf('bearer')).headers.authorization).toBe(
    `Bearer ${String(process.env['STATIC_TOKEN'])}`,
  )
})

test('basic: user and password are in the Authorization header, in UTF-8, colons of the password kept', async () => {
  const [scheme, credentials] = String((await requestOf('basic')).headers.authorization).split(' ')
  expect(scheme).toBe('Basic')
  expect(Buffer.from(String(credentials), 'base64').toString()).toBe('shop:pa:ss wörd')
})

test('basic: a user name with a colon is refused', () => {
  expect(() => basic('a:b', secret('STATIC_PASSWORD'))).toThrow('colon')
})

test('API key: in the header that the target names', async () => {
  expect((await requestOf('header-key')).headers['x-api-key']).toBe('key/with+signs&=')
})

test('API key: in the query, beside what is there, its signs escaped', async () => {
  const { searchParams } = new URL((await requestOf('query-key')).path, stage.server.url)
  expect([...searchParams]).toEqual([
    ['page', '1'],
    ['key', 'key/with+signs&='],
  ])
})

test('custom: a function gives the request its last form, and may ask elsewhere first', async () => {
  expect((await requestOf('custom')).headers['x-proof']).toBe('nonce-7|key/with+signs&=|true')
})

test('custom: a function that throws is retried, and nothing is sent', async () => {
  expect(await deliver(stage.system.api, 'custom-throws')).toMatchObject({
    status: 'dead',
    reason: 'exhausted',
    attempts: 2,
    lastAttempt: { outcome: 'retryable', reason: 'authentication-failed', error: 'the vault is sealed' },
  })
  expect(stage.server.received('/custom-throws')).toHaveLength(0)
})

test('custom: a function that never answers is over at the deadline', async () => {
  const { attempts, lastAttempt } = await deliver(stage.system.api, 'custom-hangs')
  expect(attempts).toBe(2)
  expect(lastAttempt).toMatchObject({ outcome: 'retryable', httpStatus: null })
  expect(lastAttempt?.durationMs).toBeLessThan(1_000)
})

test('no secret is in the log or in what operators see of a target', async () => {
  const told = JSON.stringify([
    stage.system.logs(),
    (await stage.system.api.call('GET', '/v1/admin/targets')).body,
  ])
  expect(told).toContain('query-key')
  for (const name of ['STATIC_TOKEN', 'STATIC_PASSWORD', 'STATIC_KEY'])
    expect(told).not.toContain(process.env[name])
})
