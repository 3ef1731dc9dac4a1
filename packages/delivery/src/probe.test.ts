/** Probing: as far as a delivery would get, and not a byte of one. */
import { createServer } from 'node:http'
import { createServer as createTlsServer } from 'node:tls'
import { expect, test } from 'vitest'
import { makeAuthority } from '../../../test/support/certificates.ts'
import { listen } from '../../../test/support/scripted-server.ts'
import { probe } from './probe.ts'

const target = { allowPrivateNetwork: true, timeoutMs: 2_000, tls: undefined, identity: undefined }

test('a target that is there is reached, and is sent nothing', async () => {
  let requests = 0
  const port = await listen(createServer(() => requests++))
  expect(await probe(target, `http://127.0.0.1:${String(port)}/orders`)).toEqual({
    kind: 'reached',
    address: '127.0.0.1',
    certificateExpiresAtMs: undefined,
  })
  expect(requests).toBe(0)
})

test('an address that a delivery may not go to is blocked, and a port where nobody is refuses', async () => {
  const port = await listen(createServer())
  const guarded = { ...target, allowPrivateNetwork: false }
  for (const host of ['127.0.0.1', 'localhost', '[::1]'])
    expect(await probe(guarded, `http://${host}:${String(port)}/`)).toMatchObject({ kind: 'blocked' })
  expect(await probe(target, 'http://127.0.0.1:9/')).toMatchObject({
    kind: 'failed',
    reason: 'connection-refused',
  })
  expect(await probe(target, 'http://nowhere.invalid/')).toMatchObject({ kind: 'failed', reason: 'dns' })
})

test('a certificate is verified, and tells how long it is good', async () => {
  const authority = await makeAuthority('Test CA')
  const { certificate: cert, privateKey: key } = await authority.issue('server', { ips: ['127.0.0.1'] })
  const port = await listen(createTlsServer({ cert, key }))
  const url = `https://127.0.0.1:${String(port)}/`
  expect(await probe(target, url)).toMatchObject({ kind: 'failed', reason: 'tls' })
  const reached = await probe({ ...target, tls: { ca: authority.certificate } }, url)
  expect(reached.kind === 'reached' ? reached.certificateExpiresAtMs : 0).toBeGreaterThan(Date.now())
})
