import { beforeAll, expect, test } from 'vitest'
import { contextWith, REQUEST, secretOf } from '../../../../test/support/auth-request.ts'
import { makeAuthority, type Issued as Identity } from '../../../../test/support/certificates.ts'
import { mutualTls } from './mutual-tls.ts'

let client: Identity = { certificate: '', privateKey: '' }
let other = client
beforeAll(async () => {
  const authority = await makeAuthority('clients')
  client = await authority.issue('shop')
  other = await authority.issue('shop')
})

const mutualTlsWith = ({ certificate, privateKey }: Identity) =>
  mutualTls({
    certificate: secretOf(certificate, 'MANIFOLD_TEST_CERTIFICATE'),
    privateKey: secretOf(privateKey, 'MANIFOLD_TEST_KEY'),
  })

const secrets = 'secrets MANIFOLD_TEST_CERTIFICATE and MANIFOLD_TEST_KEY'

test('the request goes out as it was rendered: the connection shows who sends it', () => {
  const auth = mutualTlsWith(client)
  expect(auth.authenticate(REQUEST, contextWith())).toBe(REQUEST)
  expect(auth.identity?.()).toEqual(client)
})

test('both secrets must be there at the start', () => {
  expect(mutualTlsWith(client).secrets.map(({ name }) => name)).toEqual([
    'MANIFOLD_TEST_CERTIFICATE',
    'MANIFOLD_TEST_KEY',
  ])
})

test('a certificate that matches its key has nothing wrong', () => {
  expect(mutualTlsWith(client).check?.()).toEqual([])
})

test('a certificate with its chain behind it has nothing wrong', () => {
  const certificate = `${client.certificate}\n${other.certificate}`
  expect(mutualTlsWith({ ...client, certificate }).check?.()).toEqual([])
})

test('a certificate that does not match its key is reported, and neither is shown', () => {
  expect(mutualTlsWith({ ...client, privateKey: other.privateKey }).check?.()).toEqual([
    `${secrets}: the certificate does not match its key`,
  ])
})

test.each<[string, (identity: Identity) => Identity]>([
  ['a certificate that is none', (one) => ({ ...one, certificate: 'hunter2' })],
  ['a key that is none', (one) => ({ ...one, privateKey: 'hunter2' })],
  ['the two the wrong way round', (one) => ({ certificate: one.privateKey, privateKey: one.certificate })],
])('%s is reported, and not shown', (_what, wrong) => {
  expect(mutualTlsWith(wrong(client)).check?.()).toEqual([
    `${secrets}: must be a PEM certificate and a PEM private key`,
  ])
})
