/** Manifold does all it does as the Redis user of deploy/README.md, who may do little else; runbooks are done as another. */
import { createHash } from 'node:crypto'
import { readFileSync, writeFileSync } from 'node:fs'
import { connectRedis } from '@manifold/store'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { eventually } from '../support/eventually.ts'
import { startDeployedRedis, type DeployedRedis } from '../support/deployed-redis.ts'
import { startSystem, type System } from '../support/system.ts'

let redis: DeployedRedis
let system: System

const urlOf = (user: 'manifold' | 'operator') =>
  `redis://${user}:${redis.passwords[user]}@127.0.0.1:${String(redis.port)}`

beforeAll(async () => {
  redis = await startDeployedRedis()
  system = await startSystem({
    redisUrl: urlOf('manifold'),
    environment: {
      MANIFOLD_JANITOR_MS: '50',
      MANIFOLD_RATE_LIMIT: '1000/1s',
    },
    config: (sandboxUrl) => ({
      targets: [
        {
          name: 'crm',
          subscribe: ['**'],
          url: `${sandboxUrl}/t/crm/ok`,
          rateLimit: { max: 50, perMs: 1_000 },
        },
        { name: 'billing', subscribe: ['**'], url: `${sandboxUrl}/t/billing/status/400` },
      ],
    }),
  })
})

afterAll(async () => {
  await system.close()
  await redis.close()
})

const admin = (method: string, path: string, body?: object) =>
  system.api.call(method, `/v1/admin/${path}`, body)

test('accepting, delivering, dead letters, replays, pausing, streams and metrics: nothing is denied', async () => {
  expect((await admin('POST', 'targets/crm/pause')).status).toBe(200)
  const { body } = await system.api.post({ type: 'order.placed', data: { orderId: 'A-1' } })
  await eventually('the dead letter', async () =>
    (await system.api.event(body.id)).deliveries.some(({ status }) => status === 'dead'),
  )
  expect((await admin('POST', 'targets/crm/resume')).status).toBe(200)
  await eventually('the delivery', async () =>
    (await system.api.event(body.id)).deliveries.some(({ status }) => status === 'delivered'),
  )

  const asked = await admin('POST', 'dead-letters/replay', { target: 'billing' })
  expect(asked.status).toBe(202)
  await eventually('the second death', async () =>
    (await system.api.event(body.id)).deliveries.some((one) => one.generation === 2 && one.status === 'dead'),
  )
  expect((await admin('DELETE', `dead-letters/${body.id}-billing`)).status).toBe(204)
  expect((await admin('POST', 'targets/crm/breaker/reset')).status).toBe(200)
  for (const path of ['/v1/events', '/metrics', '/readyz'])
    expect((await fetch(system.url + path)).status).toBe(200)

  expect(redis.cli(['--user', 'operator', 'CLIENT', 'LIST'])).toContain('user=manifold')
  expect(redis.cli(['--user', 'operator', 'ACL', 'LOG']).trim()).toBe('')
  const warned = system.logs().filter(({ level }) => level === 'error' || level === 'fatal')
  expect(warned.filter(({ msg }) => msg !== 'dead letter')).toEqual([])
})

const limitedAs = async (url: string) => {
  const client = connectRedis(url, 'fail-fast', () => undefined)
  await eventually('the connection', () => client.status === 'ready')
  return client
}

test("that user may not read what is not Manifold's, nor change how Redis works", async () => {
  const limited = await limitedAs(urlOf('manifold'))
  await expect(limited.get('of-somebody-else')).rejects.toThrow('NOPERM')
  await expect(limited.call('CONFIG', 'SET', 'appendonly', 'no')).rejects.toThrow('NOPERM')
  await expect(limited.call('FLUSHALL')).rejects.toThrow('NOPERM')
  await expect(limited.keys('*')).rejects.toThrow('NOPERM')
  limited.disconnect()
})

test('whoever has no password may say PING, and nothing else', () => {
  expect(redis.cli(['PING'], '')).toBe('PONG\n')
  for (const words of [['INFO'], ['DBSIZE'], ['GET', 'a'], ['ACL', 'LIST'], ['CONFIG', 'GET', '*']])
    expect(redis.cli(words, '')).toContain('NOPERM')
})

test('an operator touches no key, and brings no code in', () => {
  for (const words of [
    ['GET', '{manifold}:x'],
    ['KEYS', '*'],
    ['FLUSHALL'],
    ['EVAL', 'return 1', '0'],
    ['MODULE', 'LIST'],
  ])
    expect(redis.cli(['--user', 'operator', ...words])).toContain('NOPERM')
})

/** Words of the runbooks behind `redis-cli --user operator`. */
const runbooks = ['operations.md', 'redis.md'].flatMap((page) => {
  const text = readFileSync(new URL(`../../docs/${page}`, import.meta.url), 'utf8')
  return [...text.matchAll(/redis-cli --user operator ([^`\n#]+)/g)].map(([, words = '']) => words.trim())
})
/** Cluster commands are answered by a cluster only; that they are allowed is seen by the answer. */
const ONLY_THERE = 'This instance has cluster support disabled'

test.each([...new Set(runbooks)])('an operator may do what a runbook says: redis-cli %s', (command) => {
  const [words = ''] = command.split(' > ')
  const answer = redis.cli(['--user', 'operator', ...words.split(/\s+/)])
  expect(answer).not.toContain('NOPERM')
  expect(answer).not.toContain('WRONGPASS')
  if (!answer.includes(ONLY_THERE)) expect(answer).not.toMatch(/^(\(error\)|ERR|AUTH failed)/m)
  if (words.startsWith('--rdb')) expect(answer).toContain('REDIS0')
})

test('the runbooks have commands for Redis, each as a user who may do them', () => {
  expect(runbooks.map((words) => words.split(' ').slice(0, 2).join(' '))).toEqual(
    expect.arrayContaining(['CONFIG SET', 'ACL LOAD', 'INFO persistence', 'DBSIZE', '--rdb -']),
  )
})

test('a second password is taken while the first one is, as when it is rotated', async () => {
  const hash = createHash('sha256').update('hunter3').digest('hex')
  const users = readFileSync(redis.usersFile, 'utf8')
  writeFileSync(redis.usersFile, users.replace('user manifold on ', `user manifold on #${hash} `))
  expect(redis.cli(['--user', 'operator', 'ACL', 'LOAD'])).toBe('OK\n')
  for (const password of ['hunter3', redis.passwords.manifold]) {
    const client = await limitedAs(`redis://manifold:${password}@127.0.0.1:${String(redis.port)}`)
    expect(await client.ping()).toBe('PONG')
    client.disconnect()
  }
})

test('the keys of the page are one to publish and one to operate', () => {
  expect([...redis.printed.matchAll(/^ {2}([a-z]+:[a-z+]+):/gm)].map(([, entry]) => entry)).toEqual([
    'shop:publish+read',
    'operator:read+admin',
  ])
})
