/** Tokens as proof of who calls: signed by an issuer that nobody here wrote, taken or refused over real HTTP. */
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { createApiKey } from '@manifold/config'
import { SignJWT } from 'jose'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { apiAt, type EventAnswer, type PageAnswer, type ProblemAnswer } from '../support/api.ts'
import { openLines } from '../support/batch.ts'
import { eventually } from '../support/eventually.ts'
import { AUDIENCE, startIssuer, type Issuer } from '../support/issuer.ts'
import { startSystem, type System } from '../support/system.ts'
import { openSocket, refusedSocket } from '../support/web-socket.ts'

const key = createApiKey('shop', ['publish', 'read'])
const event = { type: 'order.placed', data: 1 }
const secret = new TextEncoder().encode('0123456789abcdef0123456789abcdef')

let issuer: Issuer
let system: System

beforeAll(async () => {
  issuer = await startIssuer()
  system = await startTokenSystem(issuer.environment)
})

afterAll(async () => {
  await system.close()
  await issuer.close()
})

function startTokenSystem(environment: Readonly<Record<string, string>>): Promise<System> {
  return startSystem({
    withWorker: false,
    environment: { MANIFOLD_API_KEYS: key.entry, ...environment },
    config: () => ({ targets: [] }),
  })
}

const seconds = (fromNow: number) => Math.floor(Date.now() / 1_000) + fromNow
const bearer = (token: string) => ({ authorization: `Bearer ${token}` })
const as = (token: string, at = system) => apiAt(at.url, bearer(token))

test('a token publishes and reads as far as its scopes go', async () => {
  const token = await issuer.sign()
  const { status, body } = await as(token).post(event)
  expect(status).toBe(202)
  expect(await as(token).event(body.id)).toMatchObject({ id: body.id })
  const refused = await as(token).call<ProblemAnswer>('GET', '/v1/admin/targets')
  expect(refused).toMatchObject({ status: 403, body: { code: 'missing-scope' } })
  expect(refused.body.detail).toBe('the token of jwt:shop lacks the scope admin')
})

test.each([
  { scope: 'openid manifold:publish' },
  { scope: undefined, scp: ['publish'] },
  { scope: undefined, scp: 'publish profile' },
  { scope: undefined, permissions: ['manifold:publish', 'other:admin'] },
])('scopes may be written as %j', async (claims) => {
  const token = await issuer.sign(claims)
  expect((await as(token).post(event)).status).toBe(202)
  expect((await as(token).call('GET', '/v1/events')).status).toBe(403)
  expect((await as(token).call('GET', '/v1/admin/targets')).status).toBe(403)
})

test.each([
  ['expired', { exp: seconds(-10) }, 'the token has expired'],
  ['not valid yet', { nbf: seconds(60) }, 'the token is not valid yet'],
  ['for others', { aud: 'https://other.example' }, 'the token is for another audience'],
  ['for nobody', { aud: undefined }, 'the token lacks aud'],
  ['from elsewhere', { iss: 'https://other.example' }, 'the token is from another issuer'],
  ['without an end', { exp: undefined }, 'the token lacks exp'],
  ['without a subject', { sub: undefined }, 'the token lacks sub'],
  ['with a subject that is no word', { sub: 'a b\n' }, 'the subject of the token'],
  ['with types that are none', { manifold_types: ['order.', 7] }, 'the types in the token'],
])('a token %s is 401, with the reason and without what is in it', async (_what, claims, reason) => {
  const answer = await as(await issuer.sign(claims)).post<ProblemAnswer>(event)
  expect(answer).toMatchObject({ status: 401, body: { code: 'unauthenticated' } })
  expect(answer.body.detail).toContain(reason)
  const challenge = answer.headers.get('www-authenticate')
  expect(challenge).toContain('error="invalid_token"')
  expect(challenge).toContain(reason)
  expect(challenge).not.toContain('other.example')
})

test('a token that the issuer did not sign is 401: changed, unsigned, or signed with something anybody may know', async () => {
  const good = await issuer.sign()
  const [header = '', , signature = ''] = good.split('.')
  const encoded = (value: object) => Buffer.from(JSON.stringify(value)).toString('base64url')
  const claims = { iss: system.settings.jwt?.issuer ?? '', aud: AUDIENCE, sub: 'shop', exp: seconds(60) }
  const payload = encoded({ ...claims, scope: 'admin' })
  const tokens = [
    [header, payload, signature].join('.'),
    [encoded({ alg: 'none' }), payload, ''].join('.'),
    [encoded({ alg: 'none' }), payload, signature].join('.'),
    [encoded({ alg: 'RS256', kid: 'unknown' }), payload, signature].join('.'),
    [encoded({ alg: 'RS256', kid: 'x', jku: 'http://127.0.0.1:9/' }), payload, signature].join('.'),
    await new SignJWT({ ...claims, scope: 'admin' }).setProtectedHeader({ alg: 'HS256' }).sign(secret),
    'a.b.c',
    'a.b',
  ]
  for (const token of tokens) {
    const answer = await as(token).call<ProblemAnswer>('GET', '/v1/admin/targets')
    expect(answer, token).toMatchObject({ status: 401, body: { code: 'unauthenticated' } })
  }
})

test('keys are taken beside tokens, and their callers are others, whatever they are called', async () => {
  const headers = { 'idempotency-key': 'same' }
  const byKey = await as(key.key).post(event, headers)
  const token = await issuer.sign()
  const byToken = await as(token).post(event, headers)
  expect(byToken.status).toBe(202)
  expect(byToken.body.id).not.toBe(byKey.body.id)
  expect((await as(await issuer.sign()).post(event, headers)).body.id).toBe(byToken.body.id)
  const callers = await eventually('the lines', () => {
    const names = system.logs().map((line) => line['caller'])
    return names.includes('shop') && names.includes('jwt:shop')
  })
  expect(callers).toBe(true)
})

test('a token may be for some types', async () => {
  const token = await issuer.sign({ manifold_types: ['order.*'] })
  expect((await as(token).post(event)).status).toBe(202)
  const refused = await as(token).post<ProblemAnswer>({ type: 'user.created', data: 1 })
  expect(refused).toMatchObject({ status: 403, body: { code: 'type-not-allowed' } })
  await as(key.key).post({ type: 'user.created', data: 1 })
  const { body } = await as(token).call<PageAnswer<EventAnswer>>('GET', '/v1/events')
  expect(new Set(body.items.map(({ type }) => type))).toEqual(new Set(['order.placed']))
})

/** Within the tolerance of clocks: it is good for one to two seconds more. */
const endsSoon = () => issuer.sign({ exp: seconds(-3) })

test('a stream ends with its token, and so does a WebSocket', async () => {
  const token = await endsSoon()
  const socket = await openSocket(system.url, ['manifold', `manifold.bearer.${token}`])
  const stream = await fetch(`${system.url}/v1/stream`, { headers: bearer(token) })
  expect(stream.status).toBe(200)
  await stream.text()
  expect(await socket.closed).toBe(1008)
  expect((await fetch(`${system.url}/v1/stream`, { headers: bearer(token) })).status).toBe(401)
  const refused = await refusedSocket(system.url, ['manifold', `manifold.bearer.${token}`])
  expect(refused).toMatchObject({ status: 401, body: { code: 'unauthenticated' } })
})

test('what comes over a WebSocket while it is closed behind its token is not published', async () => {
  const token = await endsSoon()
  const requestId = 'closed-behind-its-token'
  const client = await openSocket(system.url, [], {
    headers: { ...bearer(token), 'x-request-id': requestId },
  })
  // It does not read that it is closed, and goes on sending.
  client.socket.pause()
  await eventually(
    'the end of the token',
    async () => (await as(token).call('GET', '/v1/events')).status === 401,
  )
  client.say({ do: 'publish', event: { type: 'order.late', data: 1 } })
  await eventually('its end', () => system.logs().some((line) => line['requestId'] === requestId))
  client.socket.terminate()
  const { body } = await as(key.key).call<PageAnswer<EventAnswer>>('GET', '/v1/events?type=order.late')
  expect(body.items).toEqual([])
})

test('lines of a batch that come behind the end of its token are refused', async () => {
  const token = await endsSoon()
  const { body, send, end } = openLines()
  send(event)
  const answer = fetch(`${system.url}/v1/events/batch`, {
    method: 'POST',
    headers: { 'content-type': 'application/x-ndjson', ...bearer(token) },
    body,
    duplex: 'half',
  })
  await eventually(
    'the end of the token',
    async () => (await as(token).call('GET', '/v1/events')).status === 401,
  )
  send(event)
  end()
  const lines = (await (await answer).text()).trim().split('\n')
  const statuses = lines.map((line) => (JSON.parse(line) as { status?: number }).status)
  expect(statuses).toEqual([202, 401, undefined])
})

test('an issuer that is away makes nothing wrong: 503 for tokens, keys go on, and so do tokens once it is back', async () => {
  const other = await startIssuer()
  await other.goAway()
  const own = await startTokenSystem(other.environment)
  try {
    const token = await other.sign()
    const away = await as(token, own).post<ProblemAnswer>(event)
    expect(away).toMatchObject({ status: 503, body: { code: 'token-keys-unavailable' } })
    expect(away.headers.get('retry-after')).toBe('1')
    expect((await as(key.key, own).post(event)).status).toBe(202)
    const refused = await refusedSocket(own.url, [], { headers: bearer(token) })
    expect(refused).toMatchObject({ status: 503, body: { code: 'token-keys-unavailable' } })
    await other.comeBack()
    await eventually('tokens', async () => (await as(token, own).post(event)).status === 202)
    await other.goAway()
    expect((await as(await other.sign(), own).post(event)).status).toBe(202)
  } finally {
    await own.close()
    await other.close()
  }
})

test('the keys may be in a file; one that holds none stops the start', async () => {
  const directory = mkdtempSync(join(tmpdir(), 'manifold-jwks-'))
  const path = join(directory, 'jwks.json')
  try {
    const jwksUrl = issuer.environment['MANIFOLD_JWT_JWKS_URL'] ?? ''
    writeFileSync(path, await (await fetch(jwksUrl)).text())
    const own = await startTokenSystem({ ...issuer.environment, MANIFOLD_JWT_JWKS_URL: path })
    expect((await as(await issuer.sign(), own).post(event)).status).toBe(202)
    await own.close()
    writeFileSync(path, '{}')
    await expect(startTokenSystem({ ...issuer.environment, MANIFOLD_JWT_JWKS_URL: path })).rejects.toThrow(
      'MANIFOLD_JWT_JWKS_URL: the file is no JSON Web Key Set',
    )
  } finally {
    rmSync(directory, { recursive: true })
  }
})

test('no token is in the logs', async () => {
  const token = await issuer.sign()
  await as(token).post(event)
  await as(`${token}x`).post(event)
  await eventually('the line', () => system.logs().at(-1)?.['status'] === 401)
  for (const part of token.split('.').slice(1)) expect(JSON.stringify(system.logs())).not.toContain(part)
})
