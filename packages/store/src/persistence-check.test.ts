import { afterAll, afterEach, beforeAll, describe, expect, test } from 'vitest'
import { eventually } from '../../../test/support/eventually.ts'
import { startTestRedis, type TestRedis } from '../../../test/support/redis.ts'
import { startTestStore, type TestStore } from '../../../test/support/store.ts'
import { connectRedis } from './connection.ts'
import { persistenceWarnings } from './persistence-check.ts'

let store: TestStore

async function configure(name: string, value: string): Promise<void> {
  await store.redis.call('CONFIG', 'SET', name, value)
}

beforeAll(async () => {
  store = await startTestStore()
})
afterEach(async () => {
  await store.redis.call('ACL', 'SETUSER', 'default', '+@all')
  await configure('appendonly', 'yes')
  await configure('appendfsync', 'always')
  await configure('maxmemory-policy', 'noeviction')
})
afterAll(() => store.close())

test('a Redis that keeps what it answered for gives no warning', async () => {
  expect(await persistenceWarnings(store)).toEqual([])
})

test.each([
  ['appendonly', 'no', /appendonly off.*CONFIG SET appendonly yes/],
  ['appendfsync', 'everysec', /appendfsync everysec.*CONFIG SET appendfsync always/],
  ['appendfsync', 'no', /appendfsync no.*CONFIG SET appendfsync always/],
  ['maxmemory-policy', 'allkeys-lru', /maxmemory-policy allkeys-lru.*CONFIG SET maxmemory-policy noeviction/],
])('%s %s gives a warning that names the fix', async (name, value, warning) => {
  await configure(name, value)
  expect(await persistenceWarnings(store)).toEqual([expect.stringMatching(warning)])
})

test('the fix that a warning names makes it go away', async () => {
  await configure('appendfsync', 'everysec')
  await configure('maxmemory-policy', 'volatile-lru')
  const warnings = await persistenceWarnings(store)
  expect(warnings).toHaveLength(2)
  for (const warning of warnings) {
    const [, name = '', value = ''] = /Fix: CONFIG SET (\S+) (\S+)$/.exec(warning) ?? []
    await configure(name, value)
  }
  expect(await persistenceWarnings(store)).toEqual([])
})

test('with appendonly off, the warning does not speak of appendfsync', async () => {
  await configure('appendonly', 'no')
  await configure('appendfsync', 'everysec')
  expect(await persistenceWarnings(store)).toEqual([expect.stringContaining('appendonly off')])
})

test('a Redis that does not show its settings gives one warning that names them', async () => {
  await store.redis.call('ACL', 'SETUSER', 'default', '-config')
  expect(await persistenceWarnings(store)).toEqual([
    expect.stringMatching(/does not show its settings.*appendonly yes.*maxmemory-policy noeviction/),
  ])
})

describe('replicas', () => {
  let replica: TestRedis

  beforeAll(async () => {
    replica = await startTestRedis()
  })
  afterAll(() => replica.close())

  test('that are wanted and are not there give a warning', async () => {
    expect(await persistenceWarnings(store, 0)).toEqual([])
    expect(await persistenceWarnings(store, 2)).toEqual([
      expect.stringMatching(/^MANIFOLD_REDIS_REPLICAS is 2, and Redis has 0 replicas/),
    ])
  })

  test('that are there and not waited for give one to those who promise, and to nobody else', async () => {
    const { hostname, port } = new URL(store.url)
    const follower = connectRedis(replica.url, 'patient', () => undefined)
    await store.redis.config('SET', 'repl-diskless-sync-delay', '0')
    await follower.call('REPLICAOF', hostname, port)
    const warning = expect.stringMatching(/may lose events.*MANIFOLD_REDIS_REPLICAS=1$/) as string
    await eventually('the replica to follow', async () => (await persistenceWarnings(store, 0)).length > 0)
    expect(await persistenceWarnings(store, 0)).toEqual([warning])
    expect(await persistenceWarnings(store, 1)).toEqual([])
    expect(await persistenceWarnings(store)).toEqual([])
    follower.disconnect()
  })
})
