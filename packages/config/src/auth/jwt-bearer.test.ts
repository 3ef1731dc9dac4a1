import { generateKeyPairSync, type KeyObject } from 'node:crypto'
import { text } from 'node:stream/consumers'
import type { AuthContext, OutgoingRequest } from '@manifold/domain'
import { decodeProtectedHeader, jwtVerify } from 'jose'
import { expect, test } from 'vitest'
import { contextWith, NOW_MS, REQUEST, secretOf } from '../../../../test/support/auth-request.ts'
import { clientWith, deadlineOf, serve } from '../../../../test/support/scripted-server.ts'
import { jwtBearer, type JwtBearerOptions } from './jwt-bearer.ts'

type Pair = { readonly publicKey: KeyObject; readonly privateKey: KeyObject }

const ec = generateKeyPairSync('ec', { namedCurve: 'P-256' })

function authWith(options: Partial<JwtBearerOptions> = {}, pair: Pair = ec) {
  const pem = pair.privateKey.export({ format: 'pem', type: 'pkcs8' })
  return jwtBearer({
    privateKey: secretOf(pem),
    algorithm: 'ES256',
    issuer: 'shop',
    audience: 'https://crm.example',
    ...options,
  })
}

const tokenOf = (request: OutgoingRequest): string =>
  /^Bearer (.+)$/.exec(request.headers['authorization'] ?? '')?.[1] ?? 'no bearer token'

const verified = (token: string, { publicKey }: Pair = ec) =>
  jwtVerify(token, publicKey, {
    issuer: 'shop',
    audience: 'https://crm.example',
    currentDate: new Date(NOW_MS),
  })

const carrying = (token: string): OutgoingRequest => ({
  ...REQUEST,
  headers: { ...REQUEST.headers, authorization: `Bearer ${token}` },
})

test.each<[string, Pair]>([
  ['ES256', ec],
  ['RS256', generateKeyPairSync('rsa', { modulusLength: 2_048 })],
  ['EdDSA', generateKeyPairSync('ed25519')],
])('the bearer token is a JWT that the public key verifies: %s', async (algorithm, pair) => {
  const request = await authWith({ algorithm }, pair).authenticate(REQUEST, contextWith())
  const { payload, protectedHeader } = await verified(tokenOf(request), pair)
  expect(protectedHeader).toEqual({ alg: algorithm, typ: 'JWT' })
  expect(payload).toEqual({
    iss: 'shop',
    aud: 'https://crm.example',
    iat: NOW_MS / 1_000,
    exp: NOW_MS / 1_000 + 300,
    jti: expect.stringMatching(/^[0-9a-f-]{36}$/) as unknown,
  })
  expect(request).toEqual(carrying(tokenOf(request)))
})

test('key id, subject, claims and lifetime are in it as they are given', async () => {
  const claims = { tenant: 'acme', iss: 'somebody else' }
  const auth = authWith({ keyId: 'k1', subject: 'orders', claims, expiresInS: 60 })
  const token = tokenOf(await auth.authenticate(REQUEST, contextWith()))
  const { payload } = await verified(token)
  expect(decodeProtectedHeader(token).kid).toBe('k1')
  expect(payload).toMatchObject({ iss: 'shop', sub: 'orders', tenant: 'acme', exp: NOW_MS / 1_000 + 60 })
})

test('the token is the same for all deliveries until it is refused or runs out', async () => {
  const auth = authWith()
  const tokenAt = async (changes: Partial<AuthContext>) =>
    tokenOf(await auth.authenticate(REQUEST, contextWith(changes)))
  const first = await tokenAt({})
  expect(await tokenAt({ nowMs: NOW_MS + 60_000 })).toBe(first)
  const second = await tokenAt({ rejected: carrying(first) })
  expect(second).not.toBe(first)
  expect(await tokenAt({ rejected: carrying(first) })).toBe(second)
  expect(await tokenAt({ nowMs: NOW_MS + 300_000 })).not.toBe(second)
  expect(auth.renewable).toBe(true)
})

test('where a token endpoint is named, the JWT is the assertion that gets the bearer token', async () => {
  const forms: Record<string, string>[] = []
  const origin = await serve(async (request, response) => {
    forms.push(Object.fromEntries(new URLSearchParams(await text(request))))
    const token = { access_token: 't1', token_type: 'Bearer', expires_in: 300 }
    response.setHeader('content-type', 'application/json').end(JSON.stringify(token))
  })
  const auth = authWith({ tokenUrl: `${origin}/token`, scope: 'orders' })
  const context = contextWith({ fetch: clientWith().fetchWithin(deadlineOf()) })
  expect(await auth.authenticate(REQUEST, context)).toEqual(carrying('t1'))
  expect(await auth.authenticate(REQUEST, context)).toEqual(carrying('t1'))
  expect(forms).toHaveLength(1)
  expect(forms[0]).toMatchObject({
    grant_type: 'urn:ietf:params:oauth:grant-type:jwt-bearer',
    scope: 'orders',
  })
  expect((await verified(forms[0]?.['assertion'] ?? '')).payload.iss).toBe('shop')
})

test('a key that is none is a failure that does not repeat it', async () => {
  const auth = authWith({ privateKey: secretOf('hunter2', 'MANIFOLD_TEST_WRONG') })
  const error: unknown = await Promise.resolve(auth.authenticate(REQUEST, contextWith())).catch(
    (thrown: unknown) => thrown,
  )
  expect(error).toBeInstanceOf(Error)
  expect((error as Error).message).not.toContain('hunter2')
})

test('the key is a secret that must be there at the start', () => {
  const privateKey = secretOf('any', 'MANIFOLD_TEST_KEY')
  expect(authWith({ privateKey })).toMatchObject({ kind: 'jwt-bearer', secrets: [privateKey] })
})
