/** Manifold does all it does as the Redis user of deploy/README.md, who may do little else. */
import { readFileSync } from 'node:fs'
import { connectRedis } from '@manifold/store'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { eventually } from '../support/eventually.ts'
import { startTestRedis, type TestRedis } from '../support/redis.ts'
import { startSystem, type System } from '../support/system.ts'

const readme = readFileSync(new URL('../../deploy/README.md', import.meta.url), 'utf8')
const rules = /^user manifold on #\$\(.+?\) (.+)$/m.exec(readme)?.[1]?.split(' ') ?? []

let redis: TestRedis
let owner: ReturnType<typeof connectRedis>
let system: System

beforeAll(async () => {
  redis = await startTestRedis()
  owner = connectRedis(redis.url, 'patient', () => undefined)
  await owner.call('ACL', 'SETUSER', 'manifold', 'on', '>hunter2', ...rules)
  const { host } = new URL(redis.url)
  system = await startSystem({
    environment: {
      REDIS_URL: `redis://manifold:hunter2@${host}`,
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
  owner.disconnect()
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

  expect(await owner.call('CLIENT', 'LIST')).toContain('user=manifold')
  expect(await owner.call('ACL', 'LOG')).toEqual([])
  const warned = system.logs().filter(({ level }) => level === 'error' || level === 'fatal')
  expect(warned.filter(({ msg }) => msg !== 'dead letter')).toEqual([])
})

test("that user may not read what is not Manifold's, nor change how Redis works", async () => {
  const { host } = new URL(redis.url)
  const limited = connectRedis(`redis://manifold:hunter2@${host}`, 'fail-fast', () => undefined)
  await eventually('the connection', () => limited.status === 'ready')
  await expect(limited.get('of-somebody-else')).rejects.toThrow('NOPERM')
  await expect(limited.call('CONFIG', 'SET', 'appendonly', 'no')).rejects.toThrow('NOPERM')
  await expect(limited.call('FLUSHALL')).rejects.toThrow('NOPERM')
  await expect(limited.keys('*')).rejects.toThrow('NOPERM')
  limited.disconnect()
})

test('a producer whose Redis hides its memory says at its start that the limit of memory has no effect', async () => {
  const { host } = new URL(redis.url)
  await owner.call('ACL', 'SETUSER', 'blind', 'on', '>hunter2', '~*', '&*', '+@all', '-info')
  const blind = await startSystem({
    environment: { REDIS_URL: `redis://blind:hunter2@${host}` },
    config: () => ({ targets: [] }),
    withWorker: false,
  })
  const told = (one: System) =>
    one.logs().filter(({ msg }) => String(msg).includes('does not show its memory'))
  expect(told(blind)).toHaveLength(1)
  expect(told(system)).toHaveLength(0)
  await blind.close()
})
