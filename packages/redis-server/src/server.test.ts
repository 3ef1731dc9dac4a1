import { spawn, type ChildProcess } from 'node:child_process'
import { once } from 'node:events'
import { appendFileSync, existsSync, mkdtempSync, readdirSync, rmSync } from 'node:fs'
import { connect } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { programPath } from '@manifold/config'
import { connectRedis } from '@manifold/store'
import { afterEach, beforeEach, describe, expect, test } from 'vitest'
import { eventually } from '../../../test/support/eventually.ts'
import { ensureRedisProgram } from './install.ts'
import { freePort, startRedisServer, type RedisServer, type RedisServerOptions } from './server.ts'

const program = ensureRedisProgram(programPath(), () => undefined)
let folder: string
const servers: RedisServer[] = []
const processes: ChildProcess[] = []

beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'manifold-redis-server-'))
})
afterEach(async () => {
  for (const server of servers.splice(0)) await server.kill()
  for (const child of processes.splice(0)) child.kill('SIGKILL')
  rmSync(folder, { recursive: true, force: true })
})

async function start(options: Partial<RedisServerOptions> = {}): Promise<RedisServer> {
  const server = await startRedisServer({ program, folder, ...options })
  servers.push(server)
  return server
}

/** Runs one command on a connection of its own. */
async function command(server: RedisServer, ...words: [string, ...string[]]): Promise<unknown> {
  const redis = connectRedis(server.url, 'patient', () => undefined)
  try {
    return await redis.call(...words)
  } finally {
    redis.disconnect()
  }
}

function isAlive(pid: number): boolean {
  try {
    return process.kill(pid, 0)
  } catch {
    return false
  }
}

function accepts(port: number): Promise<boolean> {
  return new Promise((resolve) => {
    const socket = connect(port, '127.0.0.1')
    const finish = (answer: boolean) => () => {
      socket.destroy()
      resolve(answer)
    }
    socket.once('connect', finish(true))
    socket.once('error', finish(false))
  })
}

/** Starts a server from a process of its own, which can then be killed. */
async function startOwner(): Promise<{ owner: ChildProcess; pid: number; port: number }> {
  const script = fileURLToPath(new URL('../../../test/support/redis-owner.ts', import.meta.url))
  const owner = spawn(process.execPath, [script, folder], { stdio: ['ignore', 'pipe', 'inherit'] })
  processes.push(owner)
  const [line] = (await once(owner.stdout, 'data')) as [Buffer]
  return { owner, ...(JSON.parse(line.toString()) as { pid: number; port: number }) }
}

describe('data', () => {
  test.each(['kill', 'stop'] as const)('survives %s and the next start on the same port', async (end) => {
    const port = await freePort()
    const first = await start({ port })
    await command(first, 'SET', 'key', 'kept')
    await first[end]()
    const second = await start({ port })
    expect(second.port).toBe(port)
    expect(second.pid).not.toBe(first.pid)
    expect(await command(second, 'GET', 'key')).toBe('kept')
  })

  test('is written before it is answered for, and never evicted', async () => {
    const server = await start()
    const settings = async (name: string) => (await command(server, 'CONFIG', 'GET', name)) as string[]
    expect(await settings('appendonly')).toContain('yes')
    expect(await settings('appendfsync')).toContain('always')
    expect(await settings('maxmemory-policy')).toContain('noeviction')
  })

  test('stays in its folder, which is made when it is not there', async () => {
    const own = join(folder, 'a', 'b')
    const server = await start({ folder: own })
    await command(server, 'SET', 'key', 'kept')
    expect(existsSync(join(own, 'appendonlydir')) || existsSync(join(own, 'appendonly.aof'))).toBe(true)
  })
})

describe('the server', () => {
  test('takes further settings', async () => {
    const server = await start({ settings: [['maxmemory', '64mb']] })
    expect(await command(server, 'CONFIG', 'GET', 'maxmemory')).toContain(String(64 * 1024 * 1024))
  })

  test('listens on loopback only', async () => {
    expect(await command(await start(), 'CONFIG', 'GET', 'bind')).toContain('127.0.0.1')
  })

  test.each(['kill', 'stop'] as const)('is gone when %s has ended', async (end) => {
    const server = await start()
    await server[end]()
    expect(isAlive(server.pid)).toBe(false)
    expect(await accepts(server.port)).toBe(false)
  })

  test('ends when the process that started it is killed', async () => {
    const { owner, pid, port } = await startOwner()
    expect(isAlive(pid)).toBe(true)
    expect(await accepts(port)).toBe(true)
    owner.kill('SIGKILL')
    await eventually('the server to end', () => !isAlive(pid))
    expect(await accepts(port)).toBe(false)
  })

  test('on the folder of a killed process waits for the former server, and has its data', async () => {
    const { owner, pid, port } = await startOwner()
    const written = connectRedis(`redis://127.0.0.1:${String(port)}`, 'patient', () => undefined)
    await written.set('key', 'kept')
    written.disconnect()
    owner.kill('SIGKILL')
    const server = await start()
    expect(isAlive(pid)).toBe(false)
    expect(await command(server, 'GET', 'key')).toBe('kept')
  })

  test('on a folder that another server uses is refused, and the other one goes on', async () => {
    const first = await start()
    await expect(startRedisServer({ program, folder })).rejects.toThrow(
      `another Redis server (process ${String(first.pid)}) uses ${folder}: is Manifold running already?`,
    )
    expect(await command(first, 'PING')).toBe('PONG')
  })
})

test('a free port is one that nobody listens on', async () => {
  const port = await freePort()
  expect(port).toBeGreaterThan(0)
  expect(await accepts(port)).toBe(false)
})

test('a server that cannot start is reported at once, with what it said', async () => {
  const startedAt = Date.now()
  await expect(start({ settings: [['no-such-setting', '1']] })).rejects.toThrow(
    /ended at once[\s\S]*no-such-setting/,
  )
  expect(Date.now() - startedAt).toBeLessThan(5_000)
})

test('a transaction that a crash cut in two takes no effect, however often the server is started again', async () => {
  const settings = [['aof-load-truncated', 'yes']]
  await command(await start({ settings }), 'SET', 'before', '1')
  await servers.pop()?.kill()
  const appended = join(folder, 'appendonlydir')
  const [file = ''] = readdirSync(appended).filter((name) => name.endsWith('.incr.aof'))
  const half = ['MULTI', 'SET half written'].map((line) => line.split(' '))
  const written = half.map((words) => `*${String(words.length)}\r\n${words.map(bulk).join('')}`).join('')
  appendFileSync(join(appended, file), `${written}*3\r\n$3\r\nSET\r\n$5\r\noth`)

  await command(await start({ settings }), 'EVAL', "redis.call('SET', 'a', 1) redis.call('SET', 'b', 2)", '0')
  await servers.pop()?.kill()
  const again = await start({ settings })
  expect(await command(again, 'EXISTS', 'half')).toBe(0)
  expect(await command(again, 'MGET', 'before', 'a', 'b')).toEqual(['1', '1', '2'])
})

const bulk = (word: string) => `$${String(word.length)}\r\n${word}\r\n`
