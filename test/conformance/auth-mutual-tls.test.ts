/** TLS towards the target: its certificate is verified, and where it wants one of ours it gets it. */
import { mutualTls, secret } from '@manifold/config'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { makeAuthority, type Authority, type Issued } from '../support/certificates.ts'
import { deliver, QUICK, setStage, type Stage } from '../support/conformance.ts'
import { startScriptedApi, type ScriptedApi } from '../support/scripted-api.ts'

let ours: Authority
let theirs: Authority
let stage: Stage
let strict: ScriptedApi
let named: ScriptedApi

const identity = (name: string) =>
  mutualTls({ certificate: secret(`${name}_CERT`), privateKey: secret(`${name}_KEY`) })

function provide(name: string, { certificate, privateKey }: Issued): void {
  process.env[`${name}_CERT`] = certificate
  process.env[`${name}_KEY`] = privateKey
}

beforeAll(async () => {
  ours = await makeAuthority('our CA')
  theirs = await makeAuthority('another CA')
  const client = await ours.issue('shop')
  provide('CLIENT', client)
  provide('STRANGER', await theirs.issue('stranger'))
  provide('MIXED', { ...client, privateKey: (await ours.issue('other')).privateKey })
  provide('BROKEN', { certificate: 'none', privateKey: 'none' })

  const local = await ours.issue('api', { ips: ['127.0.0.1'] })
  const elsewhere = await ours.issue('api', { names: ['api.internal'] })
  const asking = { ca: ours.certificate, requestCert: true, rejectUnauthorized: true }
  strict = await startScriptedApi({ cert: local.certificate, key: local.privateKey, ...asking })
  named = await startScriptedApi({
    cert: elsewhere.certificate,
    key: elsewhere.privateKey,
    maxVersion: 'TLSv1.2',
  })
  const tls = { ca: ours.certificate }
  stage = await setStage(() => {
    const at = (name: string, server: ScriptedApi) => ({ ...QUICK, name, url: `${server.url}/${name}`, tls })
    return [
      { ...at('known', strict), auth: identity('CLIENT') },
      { ...at('stranger', strict), auth: identity('STRANGER') },
      at('nobody', strict),
      { ...at('wrong-ca', strict), tls: { ca: theirs.certificate }, auth: identity('CLIENT') },
      { ...QUICK, name: 'no-ca', url: `${strict.url}/no-ca`, auth: identity('CLIENT') },
      at('other-name', named),
      { ...at('servername', named), tls: { ...tls, servername: 'api.internal' } },
      { ...at('old', named), tls: { ...tls, servername: 'api.internal', minVersion: 'TLSv1.3' } },
    ]
  })
})

afterAll(async () => {
  await stage.close()
  await strict.close()
  await named.close()
})

test('the client shows its certificate, and the server is verified by the CA that the target names', async () => {
  expect(await deliver(stage.system.api, 'known')).toMatchObject({ status: 'delivered', attempts: 1 })
  expect(strict.received('/known')).toMatchObject([{ client: 'shop' }])
})

test.each(['wrong-ca', 'no-ca', 'other-name', 'old'])(
  'a server that cannot be verified gets nothing, and is retried as tls: %s',
  async (name) => {
    expect(await deliver(stage.system.api, name)).toMatchObject({
      status: 'dead',
      reason: 'exhausted',
      attempts: 2,
      lastAttempt: { outcome: 'retryable', reason: 'tls', httpStatus: null },
    })
    expect([...strict.received(`/${name}`), ...named.received(`/${name}`)]).toHaveLength(0)
  },
)

test.each(['stranger', 'nobody'])('a client that the server does not know is retried: %s', async (name) => {
  expect(await deliver(stage.system.api, name)).toMatchObject({
    status: 'dead',
    attempts: 2,
    // In TLS 1.3 the server says so after the handshake: as an alert, or, when that is lost, by closing.
    lastAttempt: {
      outcome: 'retryable',
      reason: expect.stringMatching(/^(tls|connection-reset)$/) as string,
      httpStatus: null,
    },
  })
  expect(strict.received(`/${name}`)).toHaveLength(0)
})

test('the name to verify may be another than that of the URL', async () => {
  expect(await deliver(stage.system.api, 'servername')).toMatchObject({ status: 'delivered', attempts: 1 })
  expect(named.received('/servername')).toHaveLength(1)
})

test('a certificate that fits its key is taken', () => {
  expect(identity('CLIENT').check?.()).toEqual([])
})

test('a certificate that does not match its key is reported, by the names of the secrets', () => {
  expect(identity('MIXED').check?.()).toEqual([
    'secrets MIXED_CERT and MIXED_KEY: the certificate does not match its key',
  ])
})

test('what is no PEM is reported, by the names of the secrets', () => {
  expect(identity('BROKEN').check?.()).toEqual([
    'secrets BROKEN_CERT and BROKEN_KEY: must be a PEM certificate and a PEM private key',
  ])
})
