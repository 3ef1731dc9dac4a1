/** JWT bearer: the assertion verified with jose, by itself and as what gets an access token. */
import { jwtBearer, secret } from '@manifold/config'
import { exportPKCS8, generateKeyPair, jwtVerify, type CryptoKey } from 'jose'
import { Events, OAuth2Server, type TokenRequestIncomingMessage } from 'oauth2-mock-server'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { authTarget, deliver, setStage, type Stage } from '../support/conformance.ts'

const ALGORITHMS = ['RS256', 'ES256', 'EdDSA']
const publicKeys = new Map<string, CryptoKey>()
const authorizationServer = new OAuth2Server()
const exchanged: TokenRequestIncomingMessage['body'][] = []
let stage: Stage

beforeAll(async () => {
  for (const algorithm of ALGORITHMS) {
    const { publicKey, privateKey } = await generateKeyPair(algorithm, { extractable: true })
    publicKeys.set(algorithm, publicKey)
    process.env[`JWT_${algorithm}`] = await exportPKCS8(privateKey)
  }
  process.env['JWT_BROKEN'] = 'not a key'
  await authorizationServer.issuer.keys.generate('RS256')
  await authorizationServer.start(0, '127.0.0.1')
  authorizationServer.service.on(Events.BeforeResponse, (_answer, { body }: TokenRequestIncomingMessage) => {
    exchanged.push(body)
  })
  stage = await setStage((server) => {
    const jwt = (algorithm: string, name = `JWT_${algorithm}`) => ({
      privateKey: secret(name),
      algorithm,
      issuer: 'shop',
      audience: 'https://crm.example',
    })
    const tokenUrl = `${String(authorizationServer.issuer.url)}/token`
    return [
      ...ALGORITHMS.map((algorithm) =>
        authTarget(
          server,
          algorithm.toLowerCase(),
          jwtBearer({
            ...jwt(algorithm),
            keyId: 'k1',
            subject: 'orders',
            claims: { tenant: 'acme' },
            expiresInS: 120,
          }),
        ),
      ),
      authTarget(
        server,
        'exchanged',
        jwtBearer({ ...jwt('ES256'), subject: 'orders', tokenUrl, scope: 'crm' }),
      ),
      authTarget(server, 'renewed', jwtBearer(jwt('ES256'))),
      authTarget(server, 'broken', jwtBearer(jwt('ES256', 'JWT_BROKEN'))),
    ]
  })
})

afterAll(async () => {
  await stage.close()
  await authorizationServer.stop()
})

const tokensAt = (path: string) =>
  stage.server.received(path).map((one) => String(one.headers.authorization).replace('Bearer ', ''))

/** The claims of a token that its key verifies. */
async function verified(token: string, algorithm: string) {
  const key = publicKeys.get(algorithm)
  if (key === undefined) throw new Error(`no key for ${algorithm}`)
  return jwtVerify(token, key, { issuer: 'shop', audience: 'https://crm.example', algorithms: [algorithm] })
}

test.each(ALGORITHMS)(
  'a %s assertion is the bearer token, with its claims, used again',
  async (algorithm) => {
    const name = algorithm.toLowerCase()
    expect(await deliver(stage.system.api, name)).toMatchObject({ status: 'delivered', attempts: 1 })
    expect(await deliver(stage.system.api, name)).toMatchObject({ status: 'delivered', attempts: 1 })
    const [first = '', second] = tokensAt(`/${name}`)
    expect(second).toBe(first)
    const { payload, protectedHeader } = await verified(first, algorithm)
    expect(protectedHeader).toEqual({ alg: algorithm, typ: 'JWT', kid: 'k1' })
    expect(payload).toMatchObject({ sub: 'orders', tenant: 'acme' })
    expect(Number(payload.exp) - Number(payload.iat)).toBe(120)
  },
)

test('with a token URL the assertion is exchanged for an access token', async () => {
  expect(await deliver(stage.system.api, 'exchanged')).toMatchObject({ status: 'delivered', attempts: 1 })
  const [request] = exchanged
  expect(request).toMatchObject({ grant_type: 'urn:ietf:params:oauth:grant-type:jwt-bearer', scope: 'crm' })
  const { payload } = await verified(String(request?.assertion), 'ES256')
  expect(payload.sub).toBe('orders')
  const [token] = tokensAt('/exchanged')
  expect(token).not.toBe(request?.assertion)
  const claims = JSON.parse(Buffer.from(String(token?.split('.')[1]), 'base64url').toString()) as object
  expect(claims).toMatchObject({ iss: authorizationServer.issuer.url, sub: 'orders', scope: 'crm' })
})

test('after a 401 another one is signed, within the same attempt', async () => {
  stage.server.on('/renewed', { status: 401 }, { status: 200 })
  expect(await deliver(stage.system.api, 'renewed')).toMatchObject({ status: 'delivered', attempts: 1 })
  const [first = '', second = ''] = tokensAt('/renewed')
  expect((await verified(second, 'ES256')).payload.jti).not.toBe((await verified(first, 'ES256')).payload.jti)
})

test('a key that cannot be read is retried, nothing is sent, and the key is not told', async () => {
  const delivery = await deliver(stage.system.api, 'broken')
  expect(delivery).toMatchObject({
    status: 'dead',
    attempts: 2,
    lastAttempt: { outcome: 'retryable', reason: 'authentication-failed' },
  })
  expect(delivery.lastAttempt?.error).not.toContain('not a key')
  expect(stage.server.received('/broken')).toHaveLength(0)
})
