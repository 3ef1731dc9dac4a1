import { afterAll, afterEach, beforeAll, describe, expect, test } from 'vitest'
import { eventually } from '../../../test/support/eventually.ts'
import { startTestRedis, type TestRedis } from '../../../test/support/redis.ts'
import { connectRedis, isStoreUnavailable, waitForRedis, type Patience } from './connection.ts'
import { loadScript, runScript } from './script.ts'

let server: TestRedis
const opened: ReturnType<typeof connectRedis>[] = []

beforeAll(async () => {
  server = await startTestRedis()
})
afterEach(() => {
  for (const redis of opened.splice(0)) redis.disconnect()
})
afterAll(() => server.close())

function open(patience: Patience, url = server.url, onError: (error: Error) => void = () => undefined) {
  const redis = connectRedis(url, patience, onError)
  opened.push(redis)
  return redis
}

async function connected(patience: Patience) {
  const redis = open(patience)
  await waitForRedis(redis, () => undefined)
  return redis
}

/** What a command failed with, and after how long. */
async function failureOf(command: Promise<unknown>): Promise<{ error: Error; afterMs: number }> {
  const startedAt = performance.now()
  try {
    await command
  } catch (error) {
    if (error instanceof Error) return { error, afterMs: performance.now() - startedAt }
  }
  throw new Error('expected the command to fail')
}

async function expectUnavailable(command: Promise<unknown>): Promise<void> {
  const { error, afterMs } = await failureOf(command)
  expect(error).toSatisfy(isStoreUnavailable)
  expect(afterMs).toBeLessThan(2_000)
}

describe('a fail-fast connection', () => {
  test('to a Redis that was stopped fails within 2 s, and recovers by itself once it is started again', async () => {
    const redis = await connected('fail-fast')
    await server.kill()
    await expectUnavailable(redis.set('key', 'value'))
    await expectUnavailable(redis.set('key', 'value'))
    await server.start()
    const startedAt = performance.now()
    await eventually('the connection to recover', () =>
      redis.set('key', 'value').then(
        () => true,
        () => false,
      ),
    )
    expect(performance.now() - startedAt).toBeLessThan(2_000)
  })

  test('fails a command that was under way when Redis stopped', async () => {
    const redis = await connected('fail-fast')
    const waiting = failureOf(redis.blpop('nothing-comes', 0))
    const other = await connected('fail-fast')
    await eventually('the command to reach Redis', async () =>
      /blocked_clients:1\b/.test(await other.info('clients')),
    )
    await server.kill()
    const { error } = await waiting
    expect(error).toSatisfy(isStoreUnavailable)
    await server.start()
  })

  test('to a Redis that hangs fails within 2 s', async () => {
    const redis = await connected('fail-fast')
    const [, pid = ''] = /process_id:(\d+)/.exec(await redis.info('server')) ?? []
    process.kill(Number(pid), 'SIGSTOP')
    try {
      await expectUnavailable(redis.set('key', 'value'))
    } finally {
      process.kill(Number(pid), 'SIGCONT')
    }
  })

  test('to a Redis that was never there fails at once, and its owner is told once for the outage', async () => {
    const errors: Error[] = []
    const redis = open('fail-fast', 'redis://127.0.0.1:1', (error) => errors.push(error))
    let attempts = 0
    redis.on('reconnecting', () => attempts++)
    await expectUnavailable(redis.get('key'))
    await eventually('several attempts to connect', () => attempts >= 3)
    expect(errors).toHaveLength(1)
    expect(errors[0]).toSatisfy(isStoreUnavailable)
  })
})

describe('a patient connection', () => {
  test('holds a command until Redis is back', async () => {
    const redis = await connected('patient')
    await server.kill()
    const written = redis.set('patient', 'written')
    await server.start()
    expect(await written).toBe('OK')
    expect(await redis.get('patient')).toBe('written')
  })

  test('is told of each outage once', async () => {
    const errors: Error[] = []
    const redis = open('patient', server.url, (error) => errors.push(error))
    await waitForRedis(redis, () => undefined)
    for (const outages of [1, 2]) {
      await server.kill()
      await eventually('the outage to be noticed', () => errors.length === outages)
      await server.start()
      await redis.ping()
    }
    expect(errors).toHaveLength(2)
  })
})

describe('waiting for Redis', () => {
  test('says once that it waits, and ends when Redis answers', async () => {
    await server.kill()
    const redis = open('patient')
    let waiting = 0
    const ready = waitForRedis(redis, () => waiting++)
    await eventually('to be told of the wait', () => waiting === 1)
    await server.start()
    await ready
    expect(await redis.ping()).toBe('PONG')
    expect(waiting).toBe(1)
  })

  test('ends at once when Redis answers already', async () => {
    let waiting = 0
    await waitForRedis(await connected('fail-fast'), () => waiting++)
    expect(waiting).toBe(0)
  })
})

describe('answers that mean that Redis cannot take it now', () => {
  const script = {
    ...loadScript('due-retention'),
    source: "return redis.call('SET', KEYS[1], 'x')",
    sha1: '0'.repeat(40),
  }

  test('out of memory, for a command and for a script', async () => {
    const redis = await connected('fail-fast')
    await redis.config('SET', 'maxmemory', '1')
    await expectUnavailable(redis.set('key', 'value'))
    await expectUnavailable(runScript(redis, script, ['key'], []))
    await redis.config('SET', 'maxmemory', '0')
  })

  test('read-only, as a demoted master is', async () => {
    const redis = await connected('fail-fast')
    const admin = await connected('patient')
    await admin.call('REPLICAOF', '127.0.0.1', '1')
    await expectUnavailable(redis.set('key', 'value'))
    await admin.call('REPLICAOF', 'NO', 'ONE')
  })

  test('a missing or wrong password', async () => {
    const admin = await connected('patient')
    await admin.config('SET', 'requirepass', 'right')
    await expectUnavailable(open('patient', server.url.replace('//', '//:wrong@')).ping())
    await expectUnavailable(open('patient').ping())
    await admin.config('SET', 'requirepass', '')
  })
})

describe('errors that are bugs', () => {
  test('a command that Redis cannot make sense of does not mean that Redis is away', async () => {
    const redis = await connected('fail-fast')
    await redis.set('text', 'x')
    const { error: wrongType } = await failureOf(redis.lpush('text', 'x'))
    const { error: syntax } = await failureOf(redis.eval('this is not Lua', 0))
    expect(wrongType).not.toSatisfy(isStoreUnavailable)
    expect(syntax).not.toSatisfy(isStoreUnavailable)
  })

  test('an error that does not come from Redis does not mean that Redis is away', () => {
    expect(isStoreUnavailable(new TypeError('x is not a function'))).toBe(false)
    expect(isStoreUnavailable(Object.assign(new Error('no such file'), { code: 'ENOENT' }))).toBe(false)
    expect(isStoreUnavailable('OOM')).toBe(false)
    expect(isStoreUnavailable(undefined)).toBe(false)
  })
})
