import { parseRedisInfo, type RedisFacts } from '@manifold/store/redis-facts'
import { expect, test } from 'vitest'
import { judgeClock, judgeFacts } from './judge-redis.ts'
import { containing } from '../../../../test/support/matching.ts'

const MB = 1_048_576

const good: RedisFacts = {
  ...parseRedisInfo('redis_version:7.2.4\r\nrole:master\r\naof_last_write_status:ok\r\n'),
  usedBytes: 10 * MB,
  maxBytes: 100 * MB,
}

function about(name: string, facts: Partial<RedisFacts>) {
  return judgeFacts({ ...good, ...facts }).find((finding) => finding.about === name)
}

test('a Redis as it should be has no fault', () => {
  expect(judgeFacts(good).map(({ level }) => level)).toEqual(['ok', 'ok', 'ok'])
})

test.each([
  ['6.2.0', 'ok'],
  ['6.0.16', 'broken'],
  ['5.0.14', 'broken'],
  ['10.0.0', 'ok'],
  ['', 'broken'],
])('Redis %s is %s', (version, level) => {
  expect(about('Redis version', { version })).toMatchObject({ level })
})

test('an unsupported version is told with what breaks and what to run', () => {
  expect(about('Redis version', { version: '5.0.14' })).toMatchObject({
    message: containing('accepted and not delivered'),
    fix: containing('6.2'),
  })
})

test.each([
  [10, 'ok'],
  [60, 'warning'],
  [80, 'broken'],
])('with %i %% of its memory used it is %s', (percent, level) => {
  expect(about('Redis memory', { usedBytes: percent * MB })).toMatchObject({ level })
})

test('without maxmemory, on a replica, or with a disk that refused a write it says so', () => {
  expect(about('Redis memory', { maxBytes: 0 })).toMatchObject({
    level: 'warning',
    fix: containing('maxmemory'),
  })
  expect(about('Redis role', { role: 'slave' })).toMatchObject({ level: 'broken' })
  expect(about('Redis disk', { lastWrite: 'err' })).toMatchObject({ level: 'broken' })
})

test('a replica that is behind is a warning', () => {
  const replicas = [
    { state: 'online', lagSeconds: 0 },
    { state: 'online', lagSeconds: 40 },
  ]
  expect(about('Redis replicas', { replicas })).toMatchObject({
    level: 'warning',
    message: containing('1 of 2'),
  })
})

test.each([
  [40, 5, 'ok'],
  [-2_000, 5, 'warning'],
  [2_000, 1_500, 'ok'],
  [300_000, 5, 'broken'],
])('a clock %i ms ahead, asked in %i ms, is %s', (aheadMs, roundTripMs, level) => {
  expect(judgeClock({ aheadMs, roundTripMs })).toMatchObject({ level })
})
