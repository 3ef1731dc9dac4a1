import { generateKeyPairSync, sign } from 'node:crypto'
import type { UnverifiedWebhook } from '@manifold/domain'
import fc from 'fast-check'
import { Webhook } from 'standardwebhooks'
import { describe, expect, test } from 'vitest'
import { NOW_MS, secretOf } from '../../../../test/support/auth-request.ts'
import { expectEveryByteCounts, NOW_S, verdictOf, webhookOf } from '../../../../test/support/webhook.ts'
import { standardWebhooksSignature } from './standard-webhooks-signature.ts'

// The vector that the specification's libraries are tested with.
const SECRET = 'whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw'
const SENT_S = 1_614_265_330
const VECTOR = webhookOf('{"test": 2432232314}', {
  'webhook-id': 'msg_p5jXN8AQM9LWM0D4loKWxJek',
  'webhook-timestamp': String(SENT_S),
  'webhook-signature': 'v1,g0hM9SsE+OTPJTGt/tmIKtSyZlE3uFJELVlNIOLJ1OE=',
})

/** Signed by the official library. */
function signed(secret: string, body: string, id = 'msg_1'): UnverifiedWebhook {
  return webhookOf(body, {
    'webhook-id': id,
    'webhook-timestamp': NOW_S,
    'webhook-signature': new Webhook(secret).sign(id, new Date(NOW_MS), body),
  })
}

function withHeaders(webhook: UnverifiedWebhook, headers: Record<string, string>): UnverifiedWebhook {
  return { ...webhook, headers: { ...webhook.headers, ...headers } }
}

test("the specification's vector is genuine at its time, and known again by its id", async () => {
  const verdict = await verdictOf(standardWebhooksSignature(secretOf(SECRET)), VECTOR, SENT_S * 1_000)
  expect(verdict).toMatchObject({ kind: 'genuine', id: 'msg_p5jXN8AQM9LWM0D4loKWxJek' })
})

test('whatever the official library signs is genuine', async () => {
  const verifier = standardWebhooksSignature(secretOf(SECRET))
  await fc.assert(
    fc.asyncProperty(fc.string({ unit: 'grapheme' }), async (body) => {
      expect(await verdictOf(verifier, signed(SECRET, body))).toMatchObject({ kind: 'genuine' })
    }),
  )
})

test('whatever byte is changed, it is refused', () =>
  expectEveryByteCounts(
    standardWebhooksSignature(secretOf(SECRET)),
    VECTOR,
    ['webhook-id', 'webhook-timestamp'],
    SENT_S * 1_000,
  ))

test.each([
  [-301, 'refused'],
  [-300, 'genuine'],
  [300, 'genuine'],
  [301, 'refused'],
])('%i seconds from its time it is %s', async (seconds, kind) => {
  const verifier = standardWebhooksSignature(secretOf(SECRET))
  expect(await verdictOf(verifier, VECTOR, (SENT_S + seconds) * 1_000)).toMatchObject({ kind })
})

test('one of several signatures, and one of several secrets, is enough', async () => {
  const old = `whsec_${Buffer.alloc(24, 1).toString('base64')}`
  const verifier = standardWebhooksSignature(secretOf(SECRET, 'MANIFOLD_A'), secretOf(old, 'MANIFOLD_B'))
  const webhook = signed(old, '{}')
  const several = `v1,AAAA v2,x ${webhook.headers['webhook-signature'] ?? ''}`
  expect(await verdictOf(verifier, withHeaders(webhook, { 'webhook-signature': several }))).toMatchObject({
    kind: 'genuine',
  })
  const neither = signed(`whsec_${Buffer.alloc(24, 2).toString('base64')}`, '{}')
  expect(await verdictOf(verifier, neither)).toMatchObject({ kind: 'refused' })
})

test.each(['webhook-id', 'webhook-timestamp', 'webhook-signature'])('%s has to be there', async (name) => {
  const headers = Object.fromEntries(Object.entries(VECTOR.headers).filter(([key]) => key !== name))
  const verdict = await verdictOf(standardWebhooksSignature(secretOf(SECRET)), { ...VECTOR, headers })
  expect(verdict).toEqual({ kind: 'refused', reason: `there is no ${name} header` })
})

test("the same headers under Svix's names are taken, but not some of each", async () => {
  const verifier = standardWebhooksSignature(secretOf(SECRET))
  const entries = Object.entries(VECTOR.headers)
  const svix = Object.fromEntries(entries.map(([name, value]) => [name.replace('webhook', 'svix'), value]))
  expect(await verdictOf(verifier, { ...VECTOR, headers: svix }, SENT_S * 1_000)).toMatchObject({
    kind: 'genuine',
  })
  const mixed = { ...svix, 'webhook-id': 'msg_other' }
  expect(await verdictOf(verifier, { ...VECTOR, headers: mixed }, SENT_S * 1_000)).toMatchObject({
    kind: 'refused',
  })
})

describe('with an ed25519 key', () => {
  const { publicKey, privateKey } = generateKeyPairSync('ed25519')
  const whpk = `whpk_${publicKey.export({ type: 'spki', format: 'der' }).subarray(-32).toString('base64')}`
  const signature = sign(null, Buffer.from(`msg_1.${NOW_S}.{"a":1}`), privateKey).toString('base64')
  const webhook = webhookOf('{"a":1}', {
    'webhook-id': 'msg_1',
    'webhook-timestamp': NOW_S,
    'webhook-signature': `v1a,${signature}`,
  })

  test('whatever byte is changed, it is refused', () =>
    expectEveryByteCounts(standardWebhooksSignature(secretOf(whpk)), webhook, [
      'webhook-id',
      'webhook-timestamp',
    ]))

  test('the public key is no shared secret: nobody can sign with it', async () => {
    const text = `whsec_${whpk.slice('whpk_'.length)}`
    const verdict = await verdictOf(standardWebhooksSignature(secretOf(whpk)), signed(text, '{"a":1}'))
    expect(verdict).toMatchObject({ kind: 'refused' })
  })
})

test('a secret that does not fit is named at the start, and not shown', () => {
  const names = ['hunter2', 'whsec_hunter2!', 'whpk_AAAA', 'whpk_'].map((value, index) =>
    secretOf(value, `MANIFOLD_TEST_${String(index)}`),
  )
  const verifier = standardWebhooksSignature(secretOf(SECRET), ...names)
  const mistakes = verifier.check?.() ?? []
  expect(mistakes).toHaveLength(4)
  expect(mistakes.join()).not.toContain('hunter2')
  expect(verifier.secrets).toHaveLength(5)
})
