import type { RedisAddress } from '@manifold/domain'
import { afterAll, afterEach, beforeAll, describe, expect, test } from 'vitest'
import { eventually } from '../../../test/support/eventually.ts'
import { startTestRedis, type TestRedis } from '../../../test/support/redis.ts'
import { connectRedis, waitForRedis, type Patience } from './connection.ts'
import { isStoreUnavailable } from './unavailable.ts'

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

async function expectUnavailable(command: Promise<unknown>, withinMs = 2_000): Promise<void> {
  const { error, afterMs } = await failureOf(command)
  expect(error).toSatisfy(isStoreUnavailable)
  expect(afterMs).toBeLessThan(withinMs)
}

/** Resolves when the connection has tried in vain a few times. */
async function severalRetries(redis: ReturnType<typeof open>): Promise<void> {
  let retries = 0
  redis.on('reconnecting', () => retries++)
  await eventually('several attempts to connect', () => retries >= 3)
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
    const stopped = server.kill()
    const startedAt = performance.now()
    const { error } = await waiting
    expect(error).toSatisfy(isStoreUnavailable)
    expect(performance.now() - startedAt).toBeLessThan(1_000)
    await stopped
    await server.start()
  })

  test('to a Redis that hangs fails within 2 s', async () => {
    const redis = await connected('fail-fast')
    server.freeze()
    try {
      await expectUnavailable(redis.set('key', 'value'))
    } finally {
      server.thaw()
    }
  })

  test('to a Redis that was never there fails at once, and its owner is told once for the outage', async () => {
    const errors: Error[] = []
    const redis = open('fail-fast', 'redis://127.0.0.1:1', (error) => errors.push(error))
    await expectUnavailable(redis.get('key'), 500)
    await severalRetries(redis)
    expect(errors).toHaveLength(1)
    expect(errors[0]).toSatisfy(isStoreUnavailable)
  })
})

const NOWHERE = [{ host: '127.0.0.1', port: 1 }]
const OPEN = { username: undefined, password: undefined, tls: false }

describe.each<RedisAddress>([
  { kind: 'sentinel', sentinels: NOWHERE, master: 'main', sentinelPassword: undefined, ...OPEN },
  { kind: 'cluster', nodes: NOWHERE, ...OPEN },
])('a $kind that was never there', (address) => {
  test('fails a fail-fast command at once, and its owner is told once', async () => {
    const errors: Error[] = []
    const redis = connectRedis(address, 'fail-fast', (error) => errors.push(error))
    try {
      await expectUnavailable(redis.get('key'), 500)
      await eventually('to be told', () => errors.length > 0)
      await expectUnavailable(redis.get('key'), 500)
      expect(errors).toHaveLength(1)
      expect(errors[0]).toSatisfy(isStoreUnavailable)
    } finally {
      redis.disconnect()
    }
  })
})

describe('a patient connection', () => {
  test('holds a command until Redis is back', async () => {
    const redis = await connected('patient')
    await server.kill()
    const written = redis.set('patient', 'written')
    await severalRetries(redis)
    await server.start()
    expect(await written).toBe('OK')
    expect(await redis.get('patient')).toBe('written')
  })

  test('sends a command again whose answer was lost', async () => {
    const redis = await connected('patient')
    server.freeze()
    const written = redis.set('again', 'written')
    await server.kill()
    await server.start()
    expect(await written).toBe('OK')
    expect(await redis.get('again')).toBe('written')
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
