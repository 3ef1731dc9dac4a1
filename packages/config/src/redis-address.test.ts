import { describe, expect, test } from 'vitest'
import { readRedisAddress } from './redis-address.ts'

/** The address of a text that has one. */
function addressOf(text: string) {
  const reading = readRedisAddress(text)
  if (reading.kind === 'wrong') throw new Error(reading.message)
  return reading.address
}

describe('an address', () => {
  test.each(['redis://127.0.0.1:6379', 'rediss://user:p%40ss@redis.example:6380/2', '/run/redis.sock'])(
    'of one server stays as it is: %s',
    (url) => {
      expect(addressOf(url)).toEqual({ kind: 'single', url })
    },
  )

  test('of sentinels has their hosts, the usual port where none is given, and the name of the master', () => {
    expect(addressOf('redis+sentinel://one,two.example:26380,[::1]:5/orders')).toEqual({
      kind: 'sentinel',
      sentinels: [
        { host: 'one', port: 26_379 },
        { host: 'two.example', port: 26_380 },
        { host: '::1', port: 5 },
      ],
      master: 'orders',
      sentinelPassword: undefined,
      username: undefined,
      password: undefined,
      tls: false,
    })
  })

  test('of a cluster has some of its nodes', () => {
    expect(addressOf('redis+cluster://one:7000, two')).toMatchObject({
      kind: 'cluster',
      nodes: [
        { host: 'one', port: 7_000 },
        { host: 'two', port: 6_379 },
      ],
      tls: false,
    })
  })

  test.each([
    ['redis+cluster://user:p%40ss%3A1@host', 'user', 'p@ss:1'],
    ['redis+cluster://user:p@ss@host', 'user', 'p@ss'],
    ['redis+cluster://:secret@host', undefined, 'secret'],
    ['redis+cluster://secret@host', undefined, 'secret'],
    ['redis+sentinel://user:a/b@host/main', 'user', 'a/b'],
  ])('may have a login: %s', (text, username, password) => {
    expect(addressOf(text)).toMatchObject({ username, password })
  })

  test.each(['rediss+cluster://host', 'rediss+sentinel://host/main'])(
    'with rediss is spoken to over TLS: %s',
    (text) => {
      expect(addressOf(text)).toMatchObject({ tls: true })
    },
  )

  test('of sentinels carries the password that they want themselves', () => {
    expect(readRedisAddress('redis+sentinel://host/main', 'for-the-sentinels')).toMatchObject({
      address: { sentinelPassword: 'for-the-sentinels', password: undefined },
    })
  })
})

describe('a mistake is told without the password', () => {
  test.each([
    ['redis.example:6379', /^use redis:\/\//],
    ['http://:hunter2@redis.example', /^use redis:\/\//],
    ['redis+ring://:hunter2@host', /^use redis:\/\//],
    ['redis+sentinel://user:hunter2@host', /^name the master/],
    ['redis+sentinel://user:hunter2@host/', /^name the master/],
    ['redis+sentinel://user:hunter2@one,two/a/b', /^name the master/],
    ['redis+cluster://user:hunter2@', /^host 1 is not/],
    ['redis+cluster://user:hunter2@one,,two', /^host 2 is not/],
    ['redis+cluster://user:hunter2@one,two:99999', /^host 2 is not/],
    ['redis+cluster://user:hunter2@one,two:0', /^host 2 is not/],
    ['redis+cluster://user:hunter2@one,tw o', /^host 2 is not/],
    ['redis+cluster://user:hunter2@one/main', /^a cluster has neither/],
    ['redis+cluster://user:hunter2%zz@one', /^write user:password@/],
  ])('%s', (text, says) => {
    const reading = readRedisAddress(text)
    expect(reading).toMatchObject({ kind: 'wrong', message: expect.stringMatching(says) as string })
    expect(JSON.stringify(reading)).not.toContain('hunter2')
  })
})
