/** What the commands say when they are used wrongly. */
import { execFile, spawn } from 'node:child_process'
import { once } from 'node:events'
import { mkdtempSync, writeFileSync } from 'node:fs'
import { createServer, type AddressInfo } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { environmentWith } from '@manifold/config'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { spawnPart } from '../support/part.ts'
import { startTestRedis, type TestRedis } from '../support/redis.ts'

const root = fileURLToPath(new URL('../..', import.meta.url))
const demo = join(root, 'test/support/demo.config.ts')

let redis: TestRedis

beforeAll(async () => {
  redis = await startTestRedis()
})

afterAll(() => redis.close())

type Result = { readonly code: number; readonly output: string }

function run(entry: string, args: string[], environment: Record<string, string> = {}): Promise<Result> {
  return new Promise((resolve) => {
    const options = {
      cwd: root,
      env: environmentWith({ REDIS_URL: redis.url, MANIFOLD_CONFIG: demo, PORT: '0', ...environment }),
      timeout: 20_000,
    }
    execFile(process.execPath, [join(root, entry), ...args], options, (error, stdout, stderr) => {
      resolve({ code: error === null ? 0 : Number(error.code ?? 1), output: stdout + stderr })
    })
  })
}

const WORKER = 'apps/worker/src/main.ts'
const PRODUCER = 'apps/producer/src/main.ts'
const MANIFOLD = 'apps/cli/src/main.ts'

test('a worker for an unknown target names the known ones', async () => {
  const { code, output } = await run(WORKER, ['--target', 'erp'])
  expect(code).toBe(1)
  expect(output).toContain('no target "erp"')
  expect(output).toContain('alpha, beta, gamma')
})

test('a worker without a target, or with a wrong concurrency, shows how it is used', async () => {
  const none = await run(WORKER, [])
  expect(none.code).toBe(1)
  expect(none.output).toContain('--target')
  const wrong = await run(WORKER, ['--target', 'alpha', '--concurrency', 'lots'])
  expect(wrong.output).toContain('must be a whole number of 1 or more')
})

test('a config with several mistakes reports all of them with their paths, and nothing starts', async () => {
  const folder = mkdtempSync(join(tmpdir(), 'manifold-config-'))
  const file = join(folder, 'bad.config.mjs')
  writeFileSync(
    file,
    `export default { targets: [
      { name: 'crm', url: 'http://x/', retry: { maxAttempts: 0 } },
      { name: 'CRM', url: 'ftp://x/', subscribe: ['a..b'] },
      { name: 'crm', url: 'http://u:p@x/', timeoutMs: '15s', retires: 3 },
    ] }`,
  )
  for (const entry of [PRODUCER, WORKER]) {
    const { code, output } = await run(entry, entry === WORKER ? ['--target', 'crm'] : [], {
      MANIFOLD_CONFIG: file,
    })
    expect(code).toBe(1)
    expect(output).toContain('8 mistakes')
    for (const path of [
      'targets[0].retry.maxAttempts:',
      'targets[1].name:',
      'targets[1].url:',
      'targets[1].subscribe[0]:',
      'targets[2].url:',
      'targets[2].timeoutMs:',
      'targets[2].retires: unknown field',
      'targets[2].name: "crm" is taken by targets[0]',
    ]) {
      expect(output).toContain(path)
    }
    expect(output).not.toContain('    at ')
  }
})

test('a worker names every secret it misses at once, those of other targets not, and a producer needs none', async () => {
  const MANIFOLD_CONFIG = join(root, 'test/support/secrets.config.ts')
  const missing = await run(WORKER, ['--target', 'one', '--target', 'two'], { MANIFOLD_CONFIG })
  expect(missing.code).toBe(1)
  expect(missing.output).toContain('TEST_MISSING_TOKEN or TEST_MISSING_TOKEN_FILE')
  expect(missing.output).toContain('TEST_MISSING_PASSWORD or TEST_MISSING_PASSWORD_FILE')
  expect(missing.output).not.toContain('TEST_OTHER_KEY')
  const odd = await run(WORKER, ['--target', 'four'], { MANIFOLD_CONFIG, TEST_ODD_SECRET: 'hunter2' })
  expect(odd).toMatchObject({ code: 1 })
  expect(odd.output).toContain('secret TEST_ODD_SECRET: must be whsec_')
  expect(odd.output).not.toContain('hunter2')
  const callbacks = await run(WORKER, ['--target', 'callbacks'], { MANIFOLD_CONFIG })
  expect(callbacks).toMatchObject({ code: 1 })
  expect(callbacks.output).toContain('TEST_CALLBACK_SECRET or TEST_CALLBACK_SECRET_FILE')
  const producer = await spawnPart({
    part: 'producer',
    environment: { REDIS_URL: redis.url, MANIFOLD_CONFIG },
  })
  producer.kill('SIGTERM')
  expect(await producer.ended).toBe(0)
})

test('a producer names every secret that its sources miss at once; a worker needs none of them', async () => {
  const MANIFOLD_CONFIG = join(root, 'test/support/sources.config.ts')
  const missing = await run(PRODUCER, [], { MANIFOLD_CONFIG, TEST_ODD_HOOK: 'hunter2' })
  expect(missing.code).toBe(1)
  expect(missing.output).toContain('TEST_MISSING_GITHUB or TEST_MISSING_GITHUB_FILE')
  expect(missing.output).toContain('TEST_MISSING_HOOK or TEST_MISSING_HOOK_FILE')
  const set = { TEST_MISSING_GITHUB: 'a', TEST_MISSING_HOOK: 'whsec_AAAA', TEST_ODD_HOOK: 'hunter2' }
  const odd = await run(PRODUCER, [], { MANIFOLD_CONFIG, ...set })
  expect(odd).toMatchObject({ code: 1 })
  expect(odd.output).toContain('secret TEST_ODD_HOOK: must be whsec_')
  expect(odd.output).not.toContain('hunter2')
  const worker = await spawnPart({
    part: 'worker',
    args: ['--target', 'one'],
    environment: { REDIS_URL: redis.url, MANIFOLD_CONFIG },
  })
  worker.kill('SIGTERM')
  expect(await worker.ended).toBe(0)
})

test('settings with several mistakes report all of them', async () => {
  const { code, output } = await run(PRODUCER, [], {
    PORT: 'http',
    REDIS_URL: 'localhost',
    MANIFOLD_API_KEYS: 'x',
  })
  expect(code).toBe(1)
  for (const name of ['PORT:', 'REDIS_URL:', 'MANIFOLD_API_KEYS:']) expect(output).toContain(name)
})

test('without API keys a producer refuses to listen beyond loopback', async () => {
  const { code, output } = await run(PRODUCER, [], { HOST: '0.0.0.0' })
  expect(code).toBe(1)
  expect(output).toContain('MANIFOLD_API_KEYS')
})

test('a port in use is named, with what to do', async () => {
  const taken = createServer()
  await new Promise<void>((resolve) => taken.listen(0, '127.0.0.1', resolve))
  const port = String((taken.address() as AddressInfo).port)
  for (const [entry, args] of [
    [PRODUCER, []],
    [WORKER, ['--target', 'alpha']],
    [MANIFOLD, ['dev']],
  ] as const) {
    const { code, output } = await run(entry, [...args], { PORT: port })
    expect(code).toBe(1)
    expect(output).toMatch(new RegExp(`port ${port}.* in use`))
  }
  taken.close()
})

test('the command becomes the part: it is ready, stops at SIGTERM and ends as one process', async () => {
  const child = spawn(process.execPath, [join(root, MANIFOLD), 'worker', '--target', 'alpha'], {
    env: environmentWith({ REDIS_URL: redis.url, MANIFOLD_CONFIG: demo, PORT: '0' }),
    stdio: ['ignore', 'ignore', 'inherit', 'ipc'],
  })
  const [message] = (await once(child, 'message')) as [unknown]
  expect(message).toMatchObject({ kind: 'ready' })
  child.kill('SIGTERM')
  expect(await once(child, 'exit')).toEqual([0, null])
})

test('a key is made once, and its entry opens the producer', async () => {
  const { code, output } = await run(MANIFOLD, [
    'keys',
    'create',
    '--name',
    'shop',
    '--scopes',
    'publish,read',
  ])
  expect(code).toBe(0)
  expect(output).toMatch(/mk_[\w-]{43}/)
  expect(output).toMatch(/shop:publish\+read:[0-9a-f]{64}/)
  const wrong = await run(MANIFOLD, ['keys', 'create', '--name', 'shop', '--scopes', 'publsh'])
  expect(wrong).toMatchObject({ code: 2 })
  expect(wrong.output).toContain('publish, read, admin')
  const asJson = await run(MANIFOLD, ['keys', 'create', '--name', 'shop', '--json'])
  expect(JSON.parse(asJson.output)).toMatchObject({ name: 'shop', scopes: ['publish', 'read', 'admin'] })
  const limited = await run(MANIFOLD, ['keys', 'create', '--name', 'shop', '--types', 'order.*,customer.**'])
  expect(limited.output).toMatch(/:[0-9a-f]{64}:order\.\*\+customer\.\*\*/)
  const unusable = await run(MANIFOLD, ['keys', 'create', '--name', 'shop', '--types', 'order..x'])
  expect(unusable).toMatchObject({ code: 2 })
  for (const none of ['', ',', '+,'])
    expect(await run(MANIFOLD, ['keys', 'create', '--name', 'shop', '--types', none])).toMatchObject({
      code: 2,
      output: expect.not.stringContaining('mk_') as unknown,
    })
})

test('a misspelt command suggests the right one', async () => {
  const { output } = await run(MANIFOLD, ['producr'])
  expect(output).toContain('producer')
})
