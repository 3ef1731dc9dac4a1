/** OAuth 2.0 client credentials against a real authorization server. */
import { oauth2ClientCredentials, secret } from '@manifold/config'
import { createRemoteJWKSet, jwtVerify } from 'jose'
import { Events, OAuth2Server, type MutableToken, type TokenRequestIncomingMessage } from 'oauth2-mock-server'
import { afterAll, beforeAll, beforeEach, expect, test } from 'vitest'
import { authTarget, deliver, ended, post, setStage, type Stage } from '../support/conformance.ts'

process.env['OAUTH_SECRET'] = 's3cr:et/+%'

const authorizationServer = new OAuth2Server()
let requests: { authorization: string | undefined; body: Record<string, unknown> }[] = []
let issued = 0
let stage: Stage

beforeAll(async () => {
  await authorizationServer.issuer.keys.generate('RS256')
  await authorizationServer.start(0, '127.0.0.1')
  authorizationServer.service.on(
    Events.BeforeTokenSigning,
    ({ payload }: MutableToken, { headers, body }: TokenRequestIncomingMessage) => {
      requests.push({ authorization: headers.authorization, body: { ...body } })
      payload['jti'] = String(++issued)
    },
  )
  const { issuer } = authorizationServer
  const tokenUrl = `${String(issuer.url)}/token`
  const client = { tokenUrl, clientId: 'shop:1', clientSecret: secret('OAUTH_SECRET') }
  stage = await setStage((server) => [
    authTarget(
      server,
      'first',
      oauth2ClientCredentials({ ...client, scope: 'orders:write', audience: 'crm' }),
    ),
    authTarget(server, 'by-post', oauth2ClientCredentials({ ...client, clientAuthentication: 'post' })),
    authTarget(server, 'many', oauth2ClientCredentials(client)),
    authTarget(server, 'renewed', oauth2ClientCredentials(client)),
    authTarget(server, 'renewed-together', oauth2ClientCredentials(client)),
    {
      ...authTarget(server, 'refused', oauth2ClientCredentials(client)),
      retry: { maxAttempts: 8, baseDelayMs: 5, maxDelayMs: 10 },
    },
    {
      ...authTarget(server, 'forbidden', oauth2ClientCredentials(client)),
      retry: { maxAttempts: 8, baseDelayMs: 5, maxDelayMs: 10 },
    },
  ])
})

beforeEach(() => {
  requests = []
})

afterAll(async () => {
  await stage.close()
  await authorizationServer.stop()
})

const tokensAt = (path: string) => stage.server.received(path).map((one) => one.headers.authorization)

test('the target gets a token that the authorization server issued to this client', async () => {
  expect(await deliver(stage.system.api, 'first')).toMatchObject({ status: 'delivered', attempts: 1 })
  const token = String(tokensAt('/first')[0]).replace('Bearer ', '')
  const keySet = createRemoteJWKSet(new URL(`${String(authorizationServer.issuer.url)}/jwks`))
  const { payload } = await jwtVerify(token, keySet, { issuer: String(authorizationServer.issuer.url) })
  expect(payload['scope']).toBe('orders:write')
  expect(requests).toMatchObject([
    { body: { grant_type: 'client_credentials', scope: 'orders:write', audience: 'crm' } },
  ])
  // RFC 6749, section 2.3.1: form-encoded before base64.
  const [scheme, credentials = ''] = String(requests[0]?.authorization).split(' ')
  const [id, password] = Buffer.from(credentials, 'base64').toString().split(':').map(decodeURIComponent)
  expect([scheme, id, password]).toEqual(['Basic', 'shop:1', process.env['OAUTH_SECRET']])
})

test('the client may show itself in the body instead', async () => {
  expect(await deliver(stage.system.api, 'by-post')).toMatchObject({ status: 'delivered' })
  expect(requests).toMatchObject([
    { authorization: undefined, body: { client_id: 'shop:1', client_secret: process.env['OAUTH_SECRET'] } },
  ])
})

test('twenty deliveries at once ask for one token, and later ones use it too', async () => {
  const { api } = stage.system
  const ids = await Promise.all(Array.from({ length: 20 }, () => post(api, 'many')))
  for (const id of ids) expect(await ended(api, id)).toMatchObject({ status: 'delivered', attempts: 1 })
  expect(await deliver(api, 'many')).toMatchObject({ status: 'delivered', attempts: 1 })
  expect(requests).toHaveLength(1)
  expect(new Set(tokensAt('/many')).size).toBe(1)
  expect(tokensAt('/many')).toHaveLength(21)
})

test('after a 401 the token is renewed, once, within the same attempt', async () => {
  stage.server.on('/renewed', { status: 401 }, { status: 200 })
  expect(await deliver(stage.system.api, 'renewed')).toMatchObject({
    status: 'delivered',
    attempts: 1,
    lastAttempt: { httpStatus: 200 },
  })
  expect(requests).toHaveLength(2)
  const [first, second] = tokensAt('/renewed')
  expect(first).not.toBe(second)
})

test('deliveries whose token is refused together renew it once together', async () => {
  const { api } = stage.system
  expect(await deliver(api, 'renewed-together')).toMatchObject({ status: 'delivered' })
  const [old] = tokensAt('/renewed-together')
  stage.server.on('/renewed-together', ({ headers }) => ({
    status: headers.authorization === old ? 401 : 200,
    delayMs: 20,
  }))
  requests = []
  const ids = await Promise.all(Array.from({ length: 10 }, () => post(api, 'renewed-together')))
  for (const id of ids) expect(await ended(api, id)).toMatchObject({ status: 'delivered', attempts: 1 })
  expect(requests).toHaveLength(1)
})

test.each([
  ['refused', 401, 6],
  ['forbidden', 403, 3],
])(
  'a target that goes on to answer (%s) %i is dead as rejected after three attempts',
  async (name, status, made) => {
    stage.server.on(`/${name}`, { status })
    expect(await deliver(stage.system.api, name)).toMatchObject({
      status: 'dead',
      reason: 'rejected',
      attempts: 3,
      lastAttempt: { outcome: 'retryable', httpStatus: status, reason: `http-${String(status)}` },
    })
    expect(stage.server.received(`/${name}`)).toHaveLength(made)
  },
)
