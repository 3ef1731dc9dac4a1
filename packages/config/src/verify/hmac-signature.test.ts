import { createHmac } from 'node:crypto'
import { expect, test } from 'vitest'
import { NOW_MS, secretOf } from '../../../../test/support/auth-request.ts'
import { expectEveryByteCounts, NOW_S, verdictOf, webhookOf } from '../../../../test/support/webhook.ts'
import { hmacSignature } from './hmac-signature.ts'

const hmac = (algorithm: string, key: string | Buffer, content: string) =>
  createHmac(algorithm, key).update(content)

test.each(['sha256', 'sha384', 'sha512', 'sha1'] as const)('%s, in hex of either case', async (algorithm) => {
  const verifier = hmacSignature({ header: 'X-Signature', algorithm }, secretOf('key'))
  const signature = hmac(algorithm, 'key', 'body').digest('hex')
  for (const header of [signature, signature.toUpperCase()])
    expect(await verdictOf(verifier, webhookOf('body', { 'x-signature': header }))).toEqual({
      kind: 'genuine',
      id: undefined,
      signed: [Buffer.from('body')],
    })
})

test.each(['base64', 'base64url'] as const)('%s has one writing', async (encoding) => {
  const verifier = hmacSignature({ header: 'x-signature', encoding }, secretOf('key'))
  const signature = hmac('sha256', 'key', 'body').digest(encoding)
  const verdict = (header: string) => verdictOf(verifier, webhookOf('body', { 'x-signature': header }))
  expect(await verdict(signature)).toMatchObject({ kind: 'genuine' })
  for (const other of [`${signature}=`, ` ${signature}`, signature.toLowerCase(), signature.slice(1), ''])
    expect(await verdict(other)).toMatchObject({ kind: 'refused' })
})

test('with a timestamp, it and the body are signed; whatever is changed, it is refused', async () => {
  const timestamp = { header: 'x-time', unit: 'milliseconds' } as const
  const verifier = hmacSignature({ header: 'x-signature', prefix: 'v=', timestamp }, secretOf('key'))
  const time = String(NOW_MS)
  const signature = hmac('sha256', 'key', `${time}.body`).digest('hex')
  const webhook = webhookOf('body', { 'x-signature': `v=${signature}`, 'x-time': time })
  await expectEveryByteCounts(verifier, webhook, ['x-signature', 'x-time'])
})

test('a signature that holds for a time outside the tolerance is refused for that', async () => {
  const timestamp = { header: 'x-time', toleranceMs: 1_000 }
  const verifier = hmacSignature({ header: 'x-signature', timestamp }, secretOf('key'))
  const signature = hmac('sha256', 'key', `${NOW_S}.body`).digest('hex')
  const webhook = webhookOf('body', { 'x-signature': signature, 'x-time': NOW_S })
  expect(await verdictOf(verifier, webhook, NOW_MS + 1_000)).toMatchObject({ kind: 'genuine' })
  expect(await verdictOf(verifier, webhook, NOW_MS + 1_001)).toEqual({
    kind: 'refused',
    reason: 'the timestamp is outside the tolerance',
  })
})

test.each(['', ' ', '1e9', '-1', '0x10', `${NOW_S}.0`, ` ${NOW_S}`, 'NaN'])(
  'the time %j is none, even where it is signed',
  async (time) => {
    const verifier = hmacSignature(
      { header: 'x-signature', timestamp: { header: 'x-time' } },
      secretOf('key'),
    )
    const signature = hmac('sha256', 'key', `${time}.body`).digest('hex')
    const webhook = webhookOf('body', { 'x-signature': signature, 'x-time': time })
    expect(await verdictOf(verifier, webhook)).toMatchObject({ kind: 'refused' })
  },
)

test('what is signed is for the sender to say', async () => {
  const verifier = hmacSignature(
    { header: 'x-signature', signedContent: ({ headers, body }) => [headers['x-topic'] ?? '', '\n', body] },
    secretOf('key'),
  )
  const signature = hmac('sha256', 'key', 'orders\nbody').digest('hex')
  const webhook = webhookOf('body', { 'x-signature': signature, 'x-topic': 'orders' })
  await expectEveryByteCounts(verifier, webhook, ['x-signature', 'x-topic'])
})

test('a secret may be written in base64 or hex', async () => {
  const key = Buffer.from([0, 255, 128, 7])
  const signature = hmac('sha256', key, 'body').digest('hex')
  for (const secretEncoding of ['base64', 'hex'] as const) {
    const verifier = hmacSignature(
      { header: 'x-signature', secretEncoding },
      secretOf(key.toString(secretEncoding), `MANIFOLD_TEST_${secretEncoding}`),
    )
    expect(await verdictOf(verifier, webhookOf('body', { 'x-signature': signature }))).toMatchObject({
      kind: 'genuine',
    })
    expect(verifier.check?.()).toEqual([])
  }
  const wrong = hmacSignature({ header: 'x', secretEncoding: 'hex' }, secretOf('hunter2'))
  expect(wrong.check?.()).toEqual(['secret MANIFOLD_TEST_SECRET: must be hex'])
})

test('during a rotation either secret is taken', async () => {
  const secrets = [secretOf('new', 'MANIFOLD_A'), secretOf('old', 'MANIFOLD_B')] as const
  const verifier = hmacSignature({ header: 'x-signature' }, ...secrets)
  for (const [key, kind] of [
    ['new', 'genuine'],
    ['old', 'genuine'],
    ['other', 'refused'],
  ] as const) {
    const signature = hmac('sha256', key, 'body').digest('hex')
    expect(await verdictOf(verifier, webhookOf('body', { 'x-signature': signature }))).toMatchObject({ kind })
  }
})

test('missing headers are named', async () => {
  const verifier = hmacSignature({ header: 'X-Sign', timestamp: { header: 'X-Time' } }, secretOf('key'))
  const reason = async (headers: Record<string, string>) => verdictOf(verifier, webhookOf('body', headers))
  expect(await reason({})).toEqual({ kind: 'refused', reason: 'there is no X-Sign header' })
  expect(await reason({ 'x-sign': 'a' })).toEqual({ kind: 'refused', reason: 'there is no X-Time header' })
})

test.each([0, -1, 86_400_001, Number.NaN])('a tolerance of %d ms is none', (toleranceMs) => {
  const timestamp = { header: 'x-time', toleranceMs }
  expect(() => hmacSignature({ header: 'x', timestamp }, secretOf('key'))).toThrow('toleranceMs')
})
