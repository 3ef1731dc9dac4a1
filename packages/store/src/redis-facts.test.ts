import { afterAll, beforeAll, expect, test } from 'vitest'
import { startTestStore, type TestStore } from '../../../test/support/store.ts'
import { loadEveryScript, parseRedisInfo, readClockSkew, readRedisFacts } from './redis-facts.ts'

let store: TestStore

beforeAll(async () => {
  store = await startTestStore()
})
afterAll(() => store.close())

test('a real Redis tells its version, its role and what it holds', async () => {
  const facts = await readRedisFacts(store.redis)
  expect(facts).toMatchObject({
    product: 'redis',
    role: 'master',
    maxBytes: 0,
    lastWrite: 'ok',
    replicas: [],
  })
  expect(facts.version).toMatch(/^\d+\.\d+\.\d+$/)
  expect(facts.usedBytes).toBeGreaterThan(0)
})

test('a fork tells its name, and replicas how far they are behind', () => {
  const facts = parseRedisInfo(
    '# Server\r\nredis_version:7.2.4\r\nserver_name:valkey\r\nrole:master\r\n' +
      'slave0:ip=10.0.0.2,port=6379,state=online,offset=9,lag=0\r\nslave1:ip=::1,port=1,state=wait_bgsave,offset=0,lag=12\r\n',
  )
  expect(facts).toMatchObject({
    product: 'valkey',
    version: '7.2.4',
    replicas: [
      { state: 'online', lagSeconds: 0 },
      { state: 'wait_bgsave', lagSeconds: 12 },
    ],
  })
})

test('the clock of Redis is compared with the middle of the way there and back', async () => {
  const { aheadMs } = await readClockSkew(store.redis, () => Date.now() - 90_000)
  expect(Math.abs(aheadMs - 90_000)).toBeLessThan(5_000)
})

test('every script compiles, and none is run', async () => {
  expect(await loadEveryScript(store.redis)).toBeGreaterThan(5)
  expect(await store.redis.call('DBSIZE')).toBe(0)
})
