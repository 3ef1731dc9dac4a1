import { text } from 'node:stream/consumers'
import type { Auth, AuthContext, OutgoingRequest } from '@manifold/domain'
import { describe, expect, test } from 'vitest'
import { contextWith, NOW_MS, REQUEST, secretOf } from '../../../../test/support/auth-request.ts'
import { clientWith, deadlineOf, serve, SHORT_MS } from '../../../../test/support/scripted-server.ts'
import { oauth2ClientCredentials, type OAuth2ClientCredentialsOptions } from './oauth2-client-credentials.ts'

type Asked = { readonly authorization: string | undefined; readonly form: Record<string, string> }

/** A token endpoint that gives t1, t2 …, and what it was asked. */
async function tokenEndpoint(answer: object = {}): Promise<{ tokenUrl: string; asked: Asked[] }> {
  const asked: Asked[] = []
  const origin = await serve(async (request, response) => {
    const form = Object.fromEntries(new URLSearchParams(await text(request)))
    asked.push({ authorization: request.headers.authorization, form })
    const token = {
      access_token: `t${String(asked.length)}`,
      token_type: 'Bearer',
      expires_in: 300,
      ...answer,
    }
    response.setHeader('content-type', 'application/json').end(JSON.stringify(token))
  })
  return { tokenUrl: `${origin}/token`, asked }
}

/** The request as it goes out, with whatever token there is. */
const authenticated = async (auth: Auth, context: AuthContext) => auth.authenticate(REQUEST, context)

const authFor = (tokenUrl: string, options: Partial<OAuth2ClientCredentialsOptions> = {}) =>
  oauth2ClientCredentials({ tokenUrl, clientId: 'shop', clientSecret: secretOf('s:e%c'), ...options })

const online = (changes: Partial<AuthContext> = {}, deadline = deadlineOf()): AuthContext =>
  contextWith({ fetch: clientWith().fetchWithin(deadline), ...changes })

const carrying = (token: string): OutgoingRequest => ({
  ...REQUEST,
  headers: { ...REQUEST.headers, authorization: `Bearer ${token}` },
})

test('the token the endpoint gives is the bearer token, once for all deliveries', async () => {
  const { tokenUrl, asked } = await tokenEndpoint()
  const auth = authFor(tokenUrl)
  const context = online()
  expect(await auth.authenticate(REQUEST, context)).toEqual(carrying('t1'))
  expect(await Promise.all([1, 2, 3].map(() => authenticated(auth, context)))).toEqual(
    Array(3).fill(carrying('t1')),
  )
  expect(asked).toHaveLength(1)
})

test('deliveries that need a token at once ask for it once', async () => {
  const { tokenUrl, asked } = await tokenEndpoint()
  const auth = authFor(tokenUrl)
  const requests = await Promise.all(Array.from({ length: 10 }, () => authenticated(auth, online())))
  expect(requests).toEqual(Array(10).fill(carrying('t1')))
  expect(asked).toHaveLength(1)
})

test('the client shows its id and secret in the authorization header, escaped as RFC 6749 says', async () => {
  const { tokenUrl, asked } = await tokenEndpoint()
  await authFor(tokenUrl, { scope: 'orders', audience: 'crm' }).authenticate(REQUEST, online())
  const credentials = Buffer.from('shop:s%3Ae%25c').toString('base64')
  const form = { grant_type: 'client_credentials', scope: 'orders', audience: 'crm' }
  expect(asked).toEqual([{ authorization: `Basic ${credentials}`, form }])
})

test('the client may show them in the form', async () => {
  const { tokenUrl, asked } = await tokenEndpoint()
  await authFor(tokenUrl, { clientAuthentication: 'post' }).authenticate(REQUEST, online())
  const form = { grant_type: 'client_credentials', client_id: 'shop', client_secret: 's:e%c' }
  expect(asked).toEqual([{ authorization: undefined, form }])
})

test('a token that was answered with a 401 is replaced once, though several deliveries carried it', async () => {
  const { tokenUrl, asked } = await tokenEndpoint()
  const auth = authFor(tokenUrl)
  await auth.authenticate(REQUEST, online())
  const rejected = carrying('t1')
  expect(await auth.authenticate(REQUEST, online({ rejected }))).toEqual(carrying('t2'))
  expect(await auth.authenticate(REQUEST, online({ rejected }))).toEqual(carrying('t2'))
  expect(asked).toHaveLength(2)
  expect(auth.renewable).toBe(true)
})

test('a token that ran out is replaced', async () => {
  const { tokenUrl } = await tokenEndpoint()
  const auth = authFor(tokenUrl)
  await auth.authenticate(REQUEST, online())
  expect(await auth.authenticate(REQUEST, online({ nowMs: NOW_MS + 300_000 }))).toEqual(carrying('t2'))
})

test('a token that does not say how long it lives is kept for a while', async () => {
  const { tokenUrl, asked } = await tokenEndpoint({ expires_in: undefined })
  const auth = authFor(tokenUrl)
  await auth.authenticate(REQUEST, online())
  await auth.authenticate(REQUEST, online({ nowMs: NOW_MS + 60_000 }))
  expect(asked).toHaveLength(1)
})

describe('a token endpoint is a failure that may pass, and the secret is not repeated, when it', () => {
  test.each<[string, number, string]>([
    ['refuses the client', 401, '{"error":"invalid_client"}'],
    ['is down', 503, 'Service Unavailable'],
    ['answers garbage', 200, '<html>'],
    ['answers with no token', 200, '{"token_type":"Bearer"}'],
    ['answers with a token that is no text', 200, '{"access_token":5,"token_type":"Bearer"}'],
    ['redirects', 302, ''],
    ['answers fifty megabytes', 200, 'x'.repeat(50_000_000)],
  ])('%s', async (_what, status, body) => {
    const tokenUrl = await serve((_request, response) => {
      response.writeHead(status, { 'content-type': 'application/json', location: '/elsewhere' }).end(body)
    })
    const error: unknown = await Promise.resolve(authFor(tokenUrl).authenticate(REQUEST, online())).catch(
      (thrown: unknown) => thrown,
    )
    expect(error).toBeInstanceOf(Error)
    expect((error as Error).message).not.toContain('s:e%c')
  })

  test('hangs, and the deadline is kept', async () => {
    const tokenUrl = await serve(() => undefined)
    const context = online({}, deadlineOf(SHORT_MS))
    await expect(authFor(tokenUrl).authenticate(REQUEST, context)).rejects.toThrow()
  })

  test('is at an address that is not allowed', async () => {
    const { tokenUrl, asked } = await tokenEndpoint()
    const fetch = clientWith({ allowPrivateNetwork: false }).fetchWithin(deadlineOf())
    await expect(authFor(tokenUrl).authenticate(REQUEST, contextWith({ fetch }))).rejects.toThrow()
    expect(asked).toEqual([])
  })
})
