/** `npm start`: one command runs everything, tells the sample's life, and stops everything. */
import { execFileSync, spawn } from 'node:child_process'
import { once } from 'node:events'
import { mkdtempSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { environmentWith } from '@manifold/config'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { apiAt, type EventAnswer, type PageAnswer } from '../support/api.ts'
import { eventually } from '../support/eventually.ts'

const root = fileURLToPath(new URL('../..', import.meta.url))
let folder: string

beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), 'manifold-dev-'))
})

afterAll(() => {
  rmSync(folder, { recursive: true, force: true })
})

type Dev = {
  readonly pid: number
  readonly output: () => string
  readonly url: () => string
  readonly stop: (signal: NodeJS.Signals) => Promise<number | null>
}

/** Starts it and waits for the guide it prints when everything is up. */
async function startDev(): Promise<Dev> {
  const child = spawn(process.execPath, [join(root, 'apps/cli/src/main.ts'), 'dev'], {
    cwd: folder,
    env: environmentWith({ MANIFOLD_CONFIG: join(root, 'manifold.config.ts'), PORT: '0' }),
    stdio: ['ignore', 'pipe', 'pipe'],
  })
  let output = ''
  child.stdout.on('data', (chunk: Buffer) => (output += chunk.toString()))
  child.stderr.on('data', (chunk: Buffer) => (output += chunk.toString()))
  await eventually('the guide', () => output.includes('Ctrl-C stops everything') || child.exitCode !== null)
  return {
    pid: child.pid ?? 0,
    output: () => output,
    url: () => /(http:\/\/127\.0\.0\.1:\d+)\/v1\/events/.exec(output)?.[1] ?? '',
    stop: async (signal) => {
      const ended = once(child, 'exit')
      child.kill(signal)
      await ended
      return child.exitCode
    },
  }
}

/** Looks at the Redis that runs in the test's folder, also after it has ended and taken its pid file with it. */
function watchRedis(): () => boolean {
  const pid = Number(readFileSync(join(folder, '.manifold/redis/redis.pid'), 'utf8'))
  return () => isRunning(pid)
}

function isRunning(pid: number): boolean {
  try {
    return process.kill(pid, 0)
  } catch {
    return false
  }
}

test('it tells the life of a sample event, prints commands to paste, and stops on Ctrl-C within 10 s', async () => {
  const dev = await startDev()
  const output = dev.output()
  for (const line of [
    /manifold +sample +accepted +evt_\w+ → crm, email, billing/,
    /manifold +sample +delivered +crm +attempt 1: http-200/,
    /manifold +sample +retrying +email +attempt 1: http-503, next in \d+ ms/,
    /manifold +sample +delivered +email +attempt 3: http-200/,
    /manifold +sample +dead +billing +attempt 3: http-503/,
    /manifold +sample +settled +partially_delivered/,
    /^worker:crm +\[/m,
    /^producer +\[/m,
    /^sandbox +\[/m,
  ]) {
    expect(output).toMatch(line)
  }

  // The guide's own commands, as they are printed.
  const commands = output.split('\n').filter((line) => line.startsWith('curl '))
  expect(commands).toHaveLength(6)
  const answers: string[] = []
  for (const command of commands) answers.push(await shell(command))
  expect(JSON.parse(answers[0] ?? '')).toMatchObject({ status: 'pending' })
  expect(JSON.parse(answers[1] ?? '')).toMatchObject({ status: 'partially_delivered' })
  expect(JSON.parse(answers[4] ?? '')).toMatchObject({ status: 'pending', generation: 2 })
  const { id } = JSON.parse(answers[1] ?? '') as { id: string }
  const api = apiAt(dev.url())
  await eventually('the replay to arrive', async () => (await api.event(id)).status === 'delivered')
  const received = JSON.parse(await shell(commands[5] ?? '')) as {
    items: { headers: Record<string, string> }[]
  }
  const keys = received.items
    .map((item) => item.headers['idempotency-key'])
    .filter((key) => key?.startsWith(id))
  expect(keys).toEqual(Array.from({ length: 4 }, () => `${id}-billing`))

  const redisIsRunning = watchRedis()
  const stoppedAt = Date.now()
  expect(await dev.stop('SIGINT')).toBe(0)
  expect(Date.now() - stoppedAt).toBeLessThan(10_000)
  expect(redisIsRunning()).toBe(false)
  await expect(api.event(id)).rejects.toThrow()
}, 60_000)

test("a second start finds the first one's events again, and SIGTERM stops it as well", async () => {
  const dev = await startDev()
  expect(dev.output()).toMatch(/found \d+ events of earlier runs/)
  const { body } = await apiAt(dev.url()).call<PageAnswer<EventAnswer>>('GET', '/v1/events')
  expect(body.items.length).toBeGreaterThan(2)
  const redisIsRunning = watchRedis()
  expect(await dev.stop('SIGTERM')).toBe(0)
  expect(redisIsRunning()).toBe(false)
}, 60_000)

test('killed outright, it takes everything it started with it', async () => {
  const dev = await startDev()
  const children = execFileSync('pgrep', ['-P', String(dev.pid)], { encoding: 'utf8' })
    .trim()
    .split('\n')
    .map(Number)
  // Redis's keeper, the sandbox, three workers and the producer.
  expect(children).toHaveLength(6)
  const redisIsRunning = watchRedis()
  await dev.stop('SIGKILL')
  await eventually('everything to end', () => !redisIsRunning() && !children.some(isRunning))
}, 60_000)

test('stopped while its parts still wait for Redis, it leaves none of them behind', async () => {
  const child = spawn(process.execPath, [join(root, 'apps/cli/src/main.ts'), 'dev'], {
    cwd: folder,
    env: environmentWith({
      MANIFOLD_CONFIG: join(root, 'manifold.config.ts'),
      PORT: '0',
      REDIS_URL: 'redis://127.0.0.1:1',
    }),
    stdio: ['ignore', 'pipe', 'pipe'],
  })
  let output = ''
  child.stdout.on('data', (chunk: Buffer) => (output += chunk.toString()))
  await eventually('the workers to wait', () => output.split('waiting for Redis').length > 3)
  const children = execFileSync('pgrep', ['-P', String(child.pid)], { encoding: 'utf8' })
    .trim()
    .split('\n')
    .map(Number)
  expect(children.length).toBeGreaterThanOrEqual(4)
  const stoppedAt = Date.now()
  const ended = once(child, 'exit')
  child.kill('SIGINT')
  await ended
  expect(Date.now() - stoppedAt).toBeLessThan(10_000)
  await eventually('all of them to end', () => !children.some(isRunning))
}, 60_000)

async function shell(command: string): Promise<string> {
  const child = spawn('/bin/sh', ['-c', command], { stdio: ['ignore', 'pipe', 'inherit'] })
  let output = ''
  child.stdout.on('data', (chunk: Buffer) => (output += chunk.toString()))
  await once(child, 'close')
  return output
}
