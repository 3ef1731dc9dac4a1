/** The verifiers for senders that do not sign: a password or a secret in a header, or whatever a function says. */
import { expect, test, vi } from 'vitest'
import { NOW_MS, secretOf } from '../../../../test/support/auth-request.ts'
import { verdictOf, webhookOf } from '../../../../test/support/webhook.ts'
import { basicAuth } from './basic-auth.ts'
import { customVerifier, type CustomVerification } from './custom-verifier.ts'
import { sharedSecret } from './shared-secret.ts'

const basic = (text: string) => `Basic ${Buffer.from(text).toString('base64')}`

// RFC 7617, section 2.
test("the RFC's example of basic authentication is genuine", async () => {
  const verifier = basicAuth({ user: 'Aladdin' }, secretOf('open sesame'))
  const webhook = webhookOf('{}', { authorization: 'Basic QWxhZGRpbjpvcGVuIHNlc2FtZQ==' })
  expect(await verdictOf(verifier, webhook)).toEqual({ kind: 'genuine', id: undefined })
})

test.each([
  basic('Aladdin:open sesame '),
  basic('Aladdin:'),
  basic('aladdin:open sesame'),
  basic(':open sesame'),
  basic('Aladdin'),
  'Bearer open sesame',
  'Basic',
  'Basic !',
  '',
])('Authorization: %s is refused', async (authorization) => {
  const verifier = basicAuth({ user: 'Aladdin' }, secretOf('open sesame'))
  expect(await verdictOf(verifier, webhookOf('{}', { authorization }))).toMatchObject({ kind: 'refused' })
  expect(await verdictOf(verifier, webhookOf('{}'))).toMatchObject({ kind: 'refused' })
})

test('a user name with a colon is a mistake at once', () => {
  expect(() => basicAuth({ user: 'a:b' }, secretOf('x'))).toThrow('colon')
})

test('a shared secret is genuine whole, with its prefix, and in no other case', async () => {
  const verifier = sharedSecret({ header: 'X-Token', prefix: 'Token ' }, secretOf('abc'))
  const verdict = (token: string) => verdictOf(verifier, webhookOf('{}', { 'x-token': token }))
  expect(await verdict('Token abc')).toMatchObject({ kind: 'genuine' })
  for (const other of ['abc', 'Token ', 'Token ab', 'Token abcd', 'Token ABC', 'token abc', ''])
    expect(await verdict(other)).toEqual({ kind: 'refused', reason: 'the secret is wrong' })
  expect(await verdictOf(verifier, webhookOf('{}'))).toMatchObject({ kind: 'refused' })
})

test('during a rotation either secret is taken, and a webhook is known again by the header that is named', async () => {
  const secrets = [secretOf('new', 'MANIFOLD_A'), secretOf('old', 'MANIFOLD_B')] as const
  const options = { header: 'x-gitlab-token', idHeader: 'X-Gitlab-Event-UUID' }
  for (const token of ['new', 'old']) {
    const webhook = webhookOf('{}', { 'x-gitlab-token': token, 'x-gitlab-event-uuid': '1' })
    expect(await verdictOf(sharedSecret(options, ...secrets), webhook)).toEqual({ kind: 'genuine', id: '1' })
  }
  const verifier = basicAuth({ user: 'a', idHeader: 'X-Id' }, ...secrets)
  const webhook = webhookOf('{}', { authorization: basic('a:old'), 'x-id': '2' })
  expect(await verdictOf(verifier, webhook)).toEqual({ kind: 'genuine', id: '2' })
})

test('a function of one’s own is given the webhook and the time, and says', async () => {
  const webhook = webhookOf('{}')
  const verify = vi.fn<CustomVerification>(() => true)
  expect(await verdictOf(customVerifier(verify), webhook)).toEqual({ kind: 'genuine' })
  expect(verify).toHaveBeenCalledExactlyOnceWith(webhook, NOW_MS)
  expect(
    await verdictOf(
      customVerifier(() => false),
      webhook,
    ),
  ).toMatchObject({ kind: 'refused' })
  expect(
    await verdictOf(
      customVerifier(() => Promise.resolve({ kind: 'genuine', id: '1' })),
      webhook,
    ),
  ).toEqual({ kind: 'genuine', id: '1' })
})

test.each([undefined, 1, 'yes'])('a function that gives %j, which is no verdict, refuses', async (given) => {
  const verify = (() => given) as unknown as CustomVerification
  expect(await verdictOf(customVerifier(verify), webhookOf('{}'))).toMatchObject({ kind: 'refused' })
})
