/** `manifold doctor`: what breaks, and how to mend it, a line each. */
import { once } from 'node:events'
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { createServer, type RequestListener } from 'node:http'
import { connect, createServer as createTcpServer, type AddressInfo } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { afterAll, afterEach, beforeAll, expect, test } from 'vitest'
import { jsonLines, manifold } from '../support/command.ts'
import { listen } from '../support/scripted-server.ts'
import { startTestStore, type TestStore } from '../support/store.ts'
import { containing, matching } from '../support/matching.ts'

const config = fileURLToPath(new URL('../support/command.config.ts', import.meta.url))
const folder = mkdtempSync(join(tmpdir(), 'manifold-doctor-'))

let store: TestStore
let environment: Record<string, string>
let asked = 0

beforeAll(async () => {
  store = await startTestStore()
  const TEST_ECHO_URL = await listening((_request, response) => {
    asked++
    response.end()
  })
  const secrets = { TEST_TOKEN: 'tok-3kd9', TEST_SIGNING: 'whsec_AAAA', TEST_QUERY: 'que-3kd9' }
  environment = { REDIS_URL: store.url, MANIFOLD_CONFIG: config, TEST_ECHO_URL, ...secrets }
  await configure('maxmemory', '1gb')
})
afterEach(async () => {
  await configure('appendonly', 'yes')
  await configure('appendfsync', 'always')
  await configure('maxmemory-policy', 'noeviction')
})
const server = createServer()

afterAll(async () => {
  server.close()
  await store.close()
  rmSync(folder, { recursive: true, force: true })
})

async function configure(name: string, value: string): Promise<void> {
  await store.redis.call('CONFIG', 'SET', name, value)
}

const one = ['--target', 'token']

/** For all tests of the file. */
async function listening(answer: RequestListener): Promise<string> {
  server.on('request', answer)
  await once(server.listen(0, '127.0.0.1'), 'listening')
  return `http://127.0.0.1:${String((server.address() as AddressInfo).port)}`
}

test('where all is well every line says so, nothing is sent or written, and it ends with 0', async () => {
  const { code, stdout } = await manifold(['doctor', ...one, '--strict'], { environment })
  expect(stdout).toMatch(/0 to think about, 0 broken\n$/)
  for (const about of [
    'Node',
    'settings',
    'config',
    'secrets',
    'Redis version',
    'Redis clock',
    'target token',
  ])
    expect(stdout).toMatch(new RegExp(`^ok +${about} `, 'm'))
  expect(code).toBe(0)
  expect(await store.redis.call('DBSIZE')).toBe(0)
  expect(asked).toBe(0)
})

test('a Redis that evicts or keeps nothing is broken, each with the fix; that it may lose a second is a warning', async () => {
  await configure('maxmemory-policy', 'allkeys-lru')
  await configure('appendonly', 'no')
  const bad = await manifold(['doctor', ...one], { environment })
  expect(bad.code).toBe(1)
  expect(bad.stdout).toMatch(
    /^broken +Redis eviction +.*may drop accepted events.*Fix: CONFIG SET maxmemory-policy noeviction/m,
  )
  expect(bad.stdout).toMatch(
    /^broken +Redis persistence +.*loses accepted events.*Fix: CONFIG SET appendonly yes/m,
  )
  await configure('maxmemory-policy', 'noeviction')
  await configure('appendonly', 'yes')
  await configure('appendfsync', 'everysec')
  expect(await manifold(['doctor', ...one], { environment })).toMatchObject({
    code: 0,
    stdout: matching(/^warning +Redis persistence +.*appendfsync everysec/m),
  })
  expect(await manifold(['doctor', ...one, '--strict'], { environment })).toMatchObject({ code: 1 })
})

test('without Redis the rest is looked at all the same, and no password is shown', async () => {
  const REDIS_URL = 'redis://someone:3kd9-password@127.0.0.1:9'
  const { code, stdout, stderr } = await manifold(['doctor', ...one], {
    environment: { ...environment, REDIS_URL },
  })
  expect(code).toBe(1)
  expect(stdout).toMatch(/^broken +Redis +cannot be used at redis:\/\/127.0.0.1:9: connect ECONNREFUSED/m)
  expect(stdout).toMatch(/^ok +target token/m)
  expect(stdout + stderr).not.toContain('3kd9-password')
})

test('every target has its line: one that may not be reached, and one whose secret is missing', async () => {
  const { code, stdout } = await manifold(['doctor', '--json'], {
    environment: { ...environment, TEST_TOKEN: '' },
  })
  expect(code).toBe(1)
  const findings = jsonLines(stdout)
  const about = (name: string) => findings.find((finding) => finding['about'] === name)
  expect(about('target inside')).toMatchObject({
    level: 'broken',
    fix: containing('allowPrivateNetwork'),
  })
  expect(about('target signed')).toMatchObject({ level: 'ok' })
  expect(about('target handled')).toMatchObject({ level: 'ok' })
  expect(about('secrets of target token')).toMatchObject({
    level: 'broken',
    message: containing('TEST_TOKEN_FILE'),
  })
  expect(asked).toBe(0)
})

test('every mistake of settings and config is a line', async () => {
  const file = join(folder, 'bad.config.mjs')
  writeFileSync(file, `export default { targets: [{ name: 'CRM', url: 'ftp://x/' }] }`)
  const config = await manifold(['doctor'], { environment: { ...environment, MANIFOLD_CONFIG: file } })
  expect(config.code).toBe(1)
  expect(config.stdout).toMatch(/^broken +config +.*targets\[0\].name:/m)
  expect(config.stdout).toMatch(/^broken +config +.*targets\[0\].url:/m)
  const settings = await manifold(['doctor'], {
    environment: { ...environment, PORT: 'x', HOST: '0.0.0.0', LOG_LEVEL: 'loud' },
  })
  expect(settings.stdout.match(/^broken +settings/gm)).toHaveLength(2)
  // What is not looked at is not passed over in silence.
  expect(notLookedAt(config.stdout)).toEqual(['secrets', 'targets'])
  expect(notLookedAt(settings.stdout)).toEqual(['config', 'API keys', 'Redis', 'secrets', 'targets'])
})

const notLookedAt = (stdout: string) =>
  [...stdout.matchAll(/^warning +(.*?) +not looked at: .*Fix: mend the \w+ first$/gm)].map(
    ([, about]) => about,
  )

test('where only workers run nobody asks for keys of callers or secrets of sources', async () => {
  const everywhere = { ...environment, HOST: '0.0.0.0' }
  const all = await manifold(['doctor'], { environment: everywhere })
  expect(all.stdout).toMatch(/^broken +API keys +none, and HOST is 0.0.0.0/m)
  const worker = await manifold(['doctor', ...one], { environment: everywhere })
  expect(worker.stdout).not.toContain('API keys')
  expect(worker.code).toBe(0)
  const part = await manifold(['doctor', '--part', 'worker'], { environment: everywhere })
  expect(part.stdout).not.toContain('API keys')
  expect(part.stdout).toMatch(/^ok +target token/m)
})

test('where only producers run nobody asks for secrets of targets, or the way to them', async () => {
  const bare = { ...environment, TEST_TOKEN: '', TEST_SIGNING: '', TEST_QUERY: '' }
  const { code, stdout } = await manifold(['doctor', '--part', 'producer', '--strict'], { environment: bare })
  expect(stdout).toMatch(/^ok +API keys/m)
  expect(stdout).not.toMatch(/target token|target inside|TEST_TOKEN/)
  expect(code).toBe(0)
  const mixed = await manifold(['doctor', '--part', 'producer', ...one], { environment: bare })
  expect(mixed).toMatchObject({ code: 2, stdout: '', stderr: containing('--target is about a worker') })
})

test('a Redis that falls silent in the middle of it is not called well', async () => {
  const REDIS_URL = await behindSilence(store.url, 'CONFIG')
  const { code, stdout } = await manifold(['doctor', ...one], { environment: { ...environment, REDIS_URL } })
  expect(stdout).toMatch(
    /^broken +Redis persistence +could not be looked at: .*Fix: see why Redis is silent/m,
  )
  expect(stdout).not.toMatch(/^ok +Redis persistence/m)
  expect(code).toBe(1)
})

/** The address of a network that goes silent for good when it is to carry this word. */
async function behindSilence(target: string, word: string): Promise<string> {
  const { port, hostname } = new URL(target)
  let silent = false
  const proxy = createTcpServer((client) => {
    const upstream = connect(Number(port), hostname)
    for (const socket of [client, upstream]) socket.on('error', () => undefined)
    client.on('data', (piece: Buffer) => {
      silent ||= piece.toString('latin1').includes(word)
      if (!silent) upstream.write(piece)
    })
    upstream.on('data', (piece: Buffer) => {
      if (!silent) client.write(piece)
    })
    client.once('close', () => upstream.destroy())
  })
  return `redis://127.0.0.1:${String(await listen(proxy))}`
}

test('a target that is not in the config is told with those that are', async () => {
  const { code, stdout } = await manifold(['doctor', '--target', 'tokne'], { environment })
  expect(code).toBe(1)
  expect(stdout).toMatch(/^broken +target tokne +is not in the config. Fix: name one of: token, /m)
})
