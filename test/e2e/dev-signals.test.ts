/** `npm start` and the signals of a terminal: SIGHUP is passed on, and a terminal that is closed ends all of it. */
import { spawn, type ChildProcess } from 'node:child_process'
import { once } from 'node:events'
import { mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { environmentWith } from '@manifold/config'
import { afterEach, beforeEach, expect, test } from 'vitest'
import { apiAt } from '../support/api.ts'
import { MANIFOLD } from '../support/command.ts'
import { eventually } from '../support/eventually.ts'

let folder: string
let started: ChildProcess | undefined

beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'manifold-signals-'))
  configure('one')
})

afterEach(() => {
  // All it has started ends with it.
  started?.kill('SIGKILL')
  rmSync(folder, { recursive: true, force: true })
})

/** A config whose targets are in the sandbox that is started with it. */
function configure(...names: string[]): void {
  const targets = names.map(
    (name) => `{ name: '${name}', subscribe: ['**'], url: url + '/t/${name}/ok', allowPrivateNetwork: true }`,
  )
  const url = "const url = process.env['SANDBOX_URL'] ?? 'http://127.0.0.1:9'"
  writeFileSync(
    join(folder, 'manifold.config.ts'),
    `${url}\nexport default { targets: [${targets.join(', ')}] }\n`,
  )
}

const environment = () =>
  environmentWith({ MANIFOLD_CONFIG: join(folder, 'manifold.config.ts'), PORT: '0', NO_COLOR: '1' })

/** Starts it and waits for its guide. @param words how it is started */
async function startDev(command: string, words: readonly string[]) {
  const child = spawn(command, words, { cwd: folder, env: environment(), stdio: ['pipe', 'pipe', 'pipe'] })
  started = child
  let output = ''
  child.stdout.on('data', (chunk: Buffer) => (output += chunk.toString()))
  child.stderr.on('data', (chunk: Buffer) => (output += chunk.toString()))
  await eventually('the guide', () => output.includes('Ctrl-C stops everything') || child.exitCode !== null)
  return { child, output: () => output }
}

function isRunning(pid: number): boolean {
  try {
    return process.kill(pid, 0)
  } catch {
    return false
  }
}

const redisPid = () => Number(readFileSync(join(folder, '.manifold/redis/redis.pid'), 'utf8'))

/** Every process whose work is in the test's folder. */
function processesHere(): number[] {
  const pids = readdirSync('/proc')
    .filter((name) => /^\d+$/.test(name))
    .map(Number)
  return pids.filter((pid) => {
    try {
      return readFileSync(`/proc/${String(pid)}/environ`, 'utf8').includes(folder)
    } catch {
      return false
    }
  })
}

test('SIGHUP reaches every part, and a new target gets a worker of its own', async () => {
  const { child, output } = await startDev(process.execPath, [MANIFOLD, 'dev'])
  configure('one', 'two')
  child.kill('SIGHUP')
  await eventually('both to reload', () => output().split('config reloaded').length > 2)
  await eventually('the new worker', () => /^worker:two +.*consuming/m.test(output()))
  const origin = /(http:\/\/127\.0\.0\.1:\d+)\/v1\/events/.exec(output())?.[1] ?? ''
  const { body } = await apiAt(origin).post({ type: 'a.b', data: 1 })
  expect(body.deliveries.map(({ target }) => target)).toEqual(['one', 'two'])
  const ended = once(child, 'exit')
  child.kill('SIGTERM')
  await ended
  expect(child.exitCode).toBe(0)
  expect(processesHere()).toEqual([])
}, 60_000)

test('a new worker that cannot start is tried again by the next SIGHUP', async () => {
  const { child, output } = await startDev(process.execPath, [MANIFOLD, 'dev'])
  const file = join(folder, 'manifold.config.ts')
  configure('one', 'two')
  const good = readFileSync(file, 'utf8')
  writeFileSync(file, `if (process.argv.includes('two')) throw new Error('not today')\n${good}`)
  child.kill('SIGHUP')
  await eventually('it to fail', () => output().includes('worker:two did not start'))
  writeFileSync(file, good)
  child.kill('SIGHUP')
  await eventually('the new worker', () => /^worker:two +.*consuming/m.test(output()))
  const ended = once(child, 'exit')
  child.kill('SIGTERM')
  await ended
  expect(child.exitCode).toBe(0)
}, 60_000)

test('a terminal that is closed ends it in order, and nothing is left running', async () => {
  const words = [process.execPath, MANIFOLD, 'dev'].map((word) => `'${word}'`).join(' ')
  const terminal = ['--quiet', '--return', '--command', `exec ${words}`, '/dev/null']
  const { child } = await startDev('script', terminal)
  const redis = redisPid()
  const closedAt = Date.now()
  // It is the terminal: with it gone, whoever ran in it gets SIGHUP.
  child.kill('SIGKILL')
  await eventually('everything to end', () => !isRunning(redis) && processesHere().length === 0)
  expect(Date.now() - closedAt).toBeLessThan(10_000)
  // Redis has saved and stopped by itself, and taken its pid file with it.
  expect(() => redisPid()).toThrow('ENOENT')
}, 60_000)
