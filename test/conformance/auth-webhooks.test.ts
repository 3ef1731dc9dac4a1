/** Standard Webhooks, both forms: verified as a receiver does it, with the official library and with node:crypto. */
import { generateKeyPairSync, randomBytes, verify, type KeyObject } from 'node:crypto'
import { secret, standardWebhooks, standardWebhooksEd25519 } from '@manifold/config'
import { Webhook } from 'standardwebhooks'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { authTarget, deliver, QUICK, setStage, type Stage } from '../support/conformance.ts'
import type { Received } from '../support/scripted-api.ts'

const newHmac = () => `whsec_${randomBytes(24).toString('base64')}`

/** @returns the public key of what is now the secret `name` */
function newEd25519(name: string, withPublicKey = false): KeyObject {
  const { publicKey, privateKey } = generateKeyPairSync('ed25519')
  const seed = privateKey.export({ format: 'der', type: 'pkcs8' }).subarray(-32)
  const raw = publicKey.export({ format: 'der', type: 'spki' }).subarray(-32)
  process.env[name] = `whsk_${(withPublicKey ? Buffer.concat([seed, raw]) : seed).toString('base64')}`
  return publicKey
}

process.env['HOOK_NEW'] = newHmac()
process.env['HOOK_OLD'] = newHmac()
process.env['HOOK_BAD'] = 'whsec_'
const ed25519New = newEd25519('HOOK_ED_NEW')
const ed25519Old = newEd25519('HOOK_ED_OLD', true)
const ed25519Other = newEd25519('HOOK_ED_OTHER')

let stage: Stage

beforeAll(async () => {
  stage = await setStage((server) => [
    authTarget(server, 'hmac', standardWebhooks(secret('HOOK_NEW'))),
    authTarget(server, 'hmac-rotating', standardWebhooks(secret('HOOK_NEW'), secret('HOOK_OLD'))),
    authTarget(server, 'ed25519', standardWebhooksEd25519(secret('HOOK_ED_NEW'))),
    authTarget(
      server,
      'ed25519-rotating',
      standardWebhooksEd25519(secret('HOOK_ED_NEW'), secret('HOOK_ED_OLD')),
    ),
    {
      ...QUICK,
      name: 'bytes',
      url: `${server.url}/bytes`,
      body: () => new Uint8Array([0, 255, 128, 10]),
      auth: standardWebhooksEd25519(secret('HOOK_ED_NEW')),
    },
  ])
})

afterAll(() => stage.close())

async function requestOf(target: string): Promise<Received> {
  expect(await deliver(stage.system.api, target, { total: 'grün €' })).toMatchObject({ status: 'delivered' })
  const request = stage.server.received(`/${target}`).at(-1)
  if (request === undefined) throw new Error('no request')
  return request
}

const headersOf = (request: Received) => request.headers as Record<string, string>

const verifies = (request: Received, name: string) =>
  new Webhook(String(process.env[name])).verify(request.body, headersOf(request))

/** As the specification says: `v1a,` signs `id.timestamp.body`; one of the signatures must fit. */
function verifiesEd25519(request: Received, publicKey: KeyObject): boolean {
  const { 'webhook-id': id, 'webhook-timestamp': timestamp, 'webhook-signature': all } = headersOf(request)
  const content = Buffer.concat([Buffer.from(`${String(id)}.${String(timestamp)}.`), request.body])
  return String(all)
    .split(' ')
    .map((one) => one.split(','))
    .some(
      ([version, value = '']) =>
        version === 'v1a' && verify(null, content, publicKey, Buffer.from(value, 'base64')),
    )
}

describe('HMAC', () => {
  test('the official library verifies the request', async () => {
    const request = await requestOf('hmac')
    expect(verifies(request, 'HOOK_NEW')).toMatchObject({ data: { total: 'grün €' } })
    expect(() => verifies(request, 'HOOK_OLD')).toThrow()
  })

  test('during a rotation a receiver with either secret verifies it', async () => {
    const request = await requestOf('hmac-rotating')
    expect(headersOf(request)['webhook-signature']).toMatch(/^v1,\S+ v1,\S+$/)
    expect(() => [verifies(request, 'HOOK_NEW'), verifies(request, 'HOOK_OLD')]).not.toThrow()
  })

  test('a body that was changed on the way is not verified', async () => {
    const request = await requestOf('hmac')
    expect(() => verifies({ ...request, body: Buffer.from('{}') }, 'HOOK_NEW')).toThrow()
  })
})

describe('ed25519', () => {
  test('the public key verifies the request, another does not', async () => {
    const request = await requestOf('ed25519')
    expect(verifiesEd25519(request, ed25519New)).toBe(true)
    expect(verifiesEd25519(request, ed25519Other)).toBe(false)
  })

  test('during a rotation a receiver with either key verifies it', async () => {
    const request = await requestOf('ed25519-rotating')
    expect(verifiesEd25519(request, ed25519New)).toBe(true)
    expect(verifiesEd25519(request, ed25519Old)).toBe(true)
    expect(verifiesEd25519(request, ed25519Other)).toBe(false)
  })

  test('bytes are signed as they are', async () => {
    const request = await requestOf('bytes')
    expect([...request.body]).toEqual([0, 255, 128, 10])
    expect(verifiesEd25519(request, ed25519New)).toBe(true)
  })
})

test('a retry is signed anew, under the same id', async () => {
  const before = stage.server.received('/hmac').length
  stage.server.on('/hmac', { status: 500 }, { status: 200 })
  expect(await deliver(stage.system.api, 'hmac')).toMatchObject({ status: 'delivered', attempts: 2 })
  const requests = stage.server.received('/hmac').slice(before)
  expect(new Set(requests.map((one) => one.headers['webhook-id'])).size).toBe(1)
  for (const request of requests) expect(() => verifies(request, 'HOOK_NEW')).not.toThrow()
})

test.each([
  ['standardWebhooks', standardWebhooks(secret('HOOK_ED_NEW'))],
  ['standardWebhooks without a key', standardWebhooks(secret('HOOK_BAD'))],
  ['standardWebhooksEd25519', standardWebhooksEd25519(secret('HOOK_NEW'))],
])('a secret of the wrong form is reported by name: %s', (_name, auth) => {
  const mistakes = auth.check?.() ?? []
  expect(mistakes).toEqual([expect.stringMatching(/^secret HOOK_(ED_NEW|NEW|BAD): must be/)])
  for (const { name } of auth.secrets)
    expect(mistakes.join()).not.toContain(process.env[name]?.slice(6) || '-none-')
})

test('secrets of the right form are taken', () => {
  expect(standardWebhooks(secret('HOOK_NEW'), secret('HOOK_OLD')).check?.()).toEqual([])
  expect(standardWebhooksEd25519(secret('HOOK_ED_NEW'), secret('HOOK_ED_OLD')).check?.()).toEqual([])
})
