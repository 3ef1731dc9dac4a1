import { generateKeyPairSync, verify, type KeyObject } from 'node:crypto'
import type { OutgoingRequest } from '@manifold/domain'
import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { contextWith, NOW_MS, REQUEST, secretOf } from '../../../../test/support/auth-request.ts'
import type { Secret } from '../secret.ts'
import { standardWebhooksEd25519 } from './standard-webhooks-ed25519.ts'

type Pair = { readonly publicKey: KeyObject; readonly seed: Buffer; readonly raw: Buffer }

function newPair(): Pair {
  const { publicKey, privateKey } = generateKeyPairSync('ed25519')
  const { d = '', x = '' } = privateKey.export({ format: 'jwk' })
  return { publicKey, seed: Buffer.from(d, 'base64url'), raw: Buffer.from(x, 'base64url') }
}

const whsk = (bytes: Uint8Array): string => `whsk_${Buffer.from(bytes).toString('base64')}`

const signWith = (secrets: [Secret, ...Secret[]], request = REQUEST): OutgoingRequest =>
  standardWebhooksEd25519(...secrets).authenticate(request, contextWith()) as OutgoingRequest

/** Whether one of the signatures is this key's over id, time and body. */
function holds(publicKey: KeyObject, { headers, body }: OutgoingRequest): boolean {
  const head = `${headers['webhook-id'] ?? ''}.${headers['webhook-timestamp'] ?? ''}.`
  const content = Buffer.concat([Buffer.from(head), Buffer.from(body ?? '')])
  return (headers['webhook-signature'] ?? '')
    .split(' ')
    .map((one) => /^v1a,(.+)$/.exec(one)?.[1] ?? '')
    .some((signature) => verify(null, content, publicKey, Buffer.from(signature, 'base64')))
}

test('the signature is the ed25519 one over id, time and body, whatever bytes the body is', () => {
  const { publicKey, seed } = newPair()
  const present = secretOf(whsk(seed))
  fc.assert(
    fc.property(fc.oneof(fc.string(), fc.uint8Array()), (body) => {
      expect(holds(publicKey, signWith([present], { ...REQUEST, body }))).toBe(true)
    }),
  )
})

test('a key may be given as its seed, or as seed and public key', () => {
  const { seed, raw } = newPair()
  const both = secretOf(whsk(Buffer.concat([seed, raw])), 'MANIFOLD_TEST_BOTH')
  expect(signWith([both])).toEqual(signWith([secretOf(whsk(seed))]))
})

test('while keys are rotated, a receiver that knows either accepts, and one that knows neither does not', () => {
  const [present, old, other] = [newPair(), newPair(), newPair()]
  const signed = signWith([
    secretOf(whsk(present.seed), 'MANIFOLD_TEST_NEW'),
    secretOf(whsk(old.seed), 'MANIFOLD_TEST_OLD'),
  ])
  expect([present, old, other].map(({ publicKey }) => holds(publicKey, signed))).toEqual([true, true, false])
})

test.each<[string, Partial<OutgoingRequest>]>([
  ['another body', { body: '{}' }],
  ['another id', { headers: { 'webhook-id': 'evt_2-crm' } }],
  ['another time', { headers: { 'webhook-timestamp': String(NOW_MS / 1_000 + 1) } }],
])('a signature does not hold for %s', (_what, changes) => {
  const { publicKey, seed } = newPair()
  const signed = signWith([secretOf(whsk(seed))])
  expect(
    holds(publicKey, { ...signed, ...changes, headers: { ...signed.headers, ...changes.headers } }),
  ).toBe(false)
})

describe('at the start', () => {
  test('a good key has nothing wrong', () => {
    const { seed, raw } = newPair()
    for (const text of [whsk(seed), whsk(Buffer.concat([seed, raw]))]) {
      expect(standardWebhooksEd25519(secretOf(text)).check?.()).toEqual([])
    }
  })

  test.each([
    ['of the symmetric kind', `whsec_${Buffer.alloc(32).toString('base64')}`],
    ['too short', whsk(Buffer.alloc(31))],
    ['too long', whsk(Buffer.alloc(65))],
    ['empty', 'whsk_'],
    ['a PEM', '-----BEGIN PRIVATE KEY-----'],
  ])('a key that is %s is named, and not shown', (_what, text) => {
    const wrong = secretOf(text, 'MANIFOLD_TEST_WRONG')
    expect(standardWebhooksEd25519(wrong).check?.()).toEqual([
      'secret MANIFOLD_TEST_WRONG: must be whsk_ followed by the base64 of an ed25519 private key',
    ])
  })
})
