/** TLS at the producer's own port, spoken to with Node's own clients. */
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { request, type RequestOptions } from 'node:https'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { connect, TLSSocket, type PeerCertificate } from 'node:tls'
import { resolveConfig, readSettings } from '@manifold/config'
import { createLogger } from '@manifold/runtime'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { startProducer, type RunningProducer } from '../../apps/producer/src/producer.ts'
import { makeAuthority, type Authority, type Issued } from '../support/certificates.ts'
import { startTestRedis, type TestRedis } from '../support/redis.ts'
import { openSocket } from '../support/web-socket.ts'

const directory = mkdtempSync(join(tmpdir(), 'manifold-tls-'))
const certFile = join(directory, 'tls.crt')
const keyFile = join(directory, 'tls.key')
const caFile = join(directory, 'clients.crt')

let redis: TestRedis
let authority: Authority
let clients: Authority
let first: Issued
let producer: RunningProducer
const lines: string[] = []

beforeAll(async () => {
  redis = await startTestRedis()
  authority = await makeAuthority('Servers')
  clients = await makeAuthority('Clients')
  writeFileSync(caFile, clients.certificate)
  first = await authority.issue('first', { ips: ['127.0.0.1'] })
  write(first)
  producer = await start()
})

afterAll(async () => {
  await producer.close()
  await redis.close()
  rmSync(directory, { recursive: true })
})

function write({ certificate, privateKey }: Issued): void {
  writeFileSync(certFile, certificate)
  writeFileSync(keyFile, privateKey)
}

function start(environment: Readonly<Record<string, string>> = {}): Promise<RunningProducer> {
  const settings = readSettings({
    REDIS_URL: redis.url,
    PORT: '0',
    MANIFOLD_DRAIN_MS: '200',
    MANIFOLD_TLS_CERT_FILE: certFile,
    MANIFOLD_TLS_KEY_FILE: keyFile,
    ...environment,
  })
  const logger = createLogger('test', 'info', { write: (line: string) => lines.push(line) })
  return startProducer({ settings, config: resolveConfig('test', { targets: [] }), logger })
}

type Answer = { status: number | undefined; headers: NodeJS.Dict<string | string[]>; peer: PeerCertificate }

function get(port: number, options: RequestOptions = {}): Promise<Answer> {
  return new Promise((resolve, reject) => {
    const asked = request(
      { host: '127.0.0.1', port, path: '/livez', ca: authority.certificate, agent: false, ...options },
      (response) => {
        if (!(response.socket instanceof TLSSocket)) throw new Error('it is in clear text')
        const peer = response.socket.getPeerCertificate()
        response.resume()
        response.once('end', () => {
          resolve({ status: response.statusCode, headers: response.headers, peer })
        })
      },
    )
    asked.once('error', reject)
    asked.end()
  })
}

test('it is served with the certificate, and browsers are told to come back that way', async () => {
  const { status, headers, peer } = await get(producer.port)
  expect(status).toBe(200)
  expect(headers['strict-transport-security']).toBe('max-age=31536000')
  expect(peer.subject.CN).toBe('first')
})

test('WebSockets are, too', async () => {
  const url = `https://127.0.0.1:${String(producer.port)}`
  const client = await openSocket(url, [], { ca: authority.certificate })
  const answer = await client.ask({ do: 'publish', event: { type: 'order.placed', data: 1 } })
  expect(answer).toMatchObject({ message: 'published' })
  client.socket.terminate()
})

test('nothing older than TLS 1.2 is spoken', async () => {
  const old = { minVersion: 'TLSv1', maxVersion: 'TLSv1.1', ciphers: 'DEFAULT@SECLEVEL=0' } as const
  await expect(get(producer.port, old)).rejects.toThrow(/protocol version/i)
  const { status } = await get(producer.port, { minVersion: 'TLSv1.2', maxVersion: 'TLSv1.2' })
  expect(status).toBe(200)
})

test('a new certificate is served without a restart, and one that is no good is not', async () => {
  const next = await authority.issue('second', { ips: ['127.0.0.1'] })
  const open = connect({ host: '127.0.0.1', port: producer.port, ca: authority.certificate })
  writeFileSync(certFile, next.certificate)
  await producer.reloadFiles()
  expect((await get(producer.port)).peer.subject.CN).toBe('first')
  expect(lines.join('')).toContain('the new certificate is no good: the old one stays')
  writeFileSync(keyFile, next.privateKey)
  await producer.reloadFiles()
  expect((await get(producer.port)).peer.subject.CN).toBe('second')
  expect(open.destroyed).toBe(false)
  open.destroy()
})

test.each([
  [
    'the key of another certificate',
    ({ certificate }: Issued, { privateKey }: Issued) => ({ certificate, privateKey }),
    /MANIFOLD_TLS_….*mismatch/,
  ],
  [
    'a certificate that is none',
    ({ privateKey }: Issued) => ({ certificate: 'none', privateKey }),
    /MANIFOLD_TLS_…/,
  ],
])('%s stops the start', async (_what, spoil, message) => {
  const { certificate, privateKey } = spoil(first, await authority.issue('other'))
  const [badCert, badKey] = [join(directory, 'bad.crt'), join(directory, 'bad.key')]
  writeFileSync(badCert, certificate)
  writeFileSync(badKey, privateKey)
  const started = start({ MANIFOLD_TLS_CERT_FILE: badCert, MANIFOLD_TLS_KEY_FILE: badKey })
  await expect(started).rejects.toThrow(message)
})

test('a file that is not there stops the start, with its name', async () => {
  await expect(start({ MANIFOLD_TLS_KEY_FILE: '/nowhere/tls.key' })).rejects.toThrow('/nowhere/tls.key')
})

test('with an authority for clients, one without its certificate is not spoken to', async () => {
  const strict = await start({ MANIFOLD_TLS_CLIENT_CA_FILE: caFile })
  try {
    await expect(get(strict.port)).rejects.toThrow()
    const stranger = await authority.issue('stranger')
    const own = await clients.issue('shop')
    const shown = ({ certificate, privateKey }: Issued) => ({ cert: certificate, key: privateKey })
    await expect(get(strict.port, shown(stranger))).rejects.toThrow()
    expect((await get(strict.port, shown(own))).status).toBe(200)
  } finally {
    await strict.close()
  }
})
