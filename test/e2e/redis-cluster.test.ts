/** The main job on a real Redis Cluster of three masters. */
import { afterAll, beforeAll, expect, test } from 'vitest'
import { createApiKey, readSettings, resolveConfig } from '@manifold/config'
import { createLogger } from '@manifold/runtime'
import { connectRedis, createKeep, waitForRedis } from '@manifold/store'
import { startProducer, type RunningProducer } from '../../apps/producer/src/producer.ts'
import { apiAt } from '../support/api.ts'
import { accept } from '../support/store.ts'
import { startTestCluster } from '../support/redis-shapes.ts'
import { eventually } from '../support/eventually.ts'
import { expectKept } from '../support/oracle.ts'
import { startSystem, type System } from '../support/system.ts'

let cluster: Awaited<ReturnType<typeof startTestCluster>>
let system: System

beforeAll(async () => {
  cluster = await startTestCluster()
  system = await startSystem({
    redisUrl: cluster.url,
    config: (sandboxUrl) => ({
      targets: ['crm', 'billing'].map((name) => ({
        name,
        subscribe: ['order.*'],
        url: `${sandboxUrl}/t/${name}/ok`,
        retry: { maxAttempts: 2, baseDelayMs: 5, maxDelayMs: 20 },
      })),
    }),
  })
  system.sandbox.behave('billing', '/status/503')
})

afterAll(async () => {
  await Promise.all(producers.map((one) => one.close()))
  await system.close()
  await cluster.close()
})

const order = { type: 'order.placed', data: { orderId: 'A1' } }

async function settled(id: string) {
  return eventually('the event to settle', async () => {
    const event = await system.api.event(id)
    return event.settledAt === null ? undefined : event
  })
}

test('an event is accepted, delivered to one target, and a dead letter of the other after its retries', async () => {
  const { status, body } = await system.api.post(order, { 'idempotency-key': 'one' })
  expect(status).toBe(202)
  const event = await settled(body.id)
  expect(event.deliveries).toMatchObject([
    { target: 'crm', status: 'delivered', attempts: 1 },
    { target: 'billing', status: 'dead', reason: 'exhausted', attempts: 2 },
  ])
  expect((await system.api.post(order, { 'idempotency-key': 'one' })).body.id).toBe(body.id)
})

test('a dead letter is replayed, alone and by a filter, and another one discarded', async () => {
  const posted = await Promise.all(Array.from({ length: 4 }, () => system.api.post(order)))
  const [one, two, ...others] = posted.map(({ body }) => body.id)
  await Promise.all(posted.map(({ body }) => settled(body.id)))
  const path = '/v1/admin/dead-letters'
  expect((await system.api.call('DELETE', `${path}/${two ?? ''}-billing`)).status).toBe(204)
  system.sandbox.behave('billing', '/ok')
  expect((await system.api.call('POST', `${path}/${one ?? ''}-billing/replay`)).status).toBe(202)
  expect((await system.api.call('POST', `${path}/replay`, { target: 'billing' })).status).toBe(202)
  for (const id of [one, ...others])
    await eventually(
      'the replayed ones to be delivered',
      async () => (await system.api.event(id ?? '')).status === 'delivered',
    )
  await eventually('no dead letters', async () => (await system.api.deadLetters()).length === 0)
})

test('the stream of an event tells of it from its acceptance to its end', async () => {
  const { body } = await system.api.post(order, { prefer: 'wait=5' })
  const response = await fetch(`${system.url}/v1/events/${body.id}/stream`, {
    headers: { accept: 'text/event-stream' },
  })
  expect(response.status).toBe(200)
  expect(await response.text()).toMatch(/"status":"delivered"/)
})

test('a caller who waits gets the end of it', async () => {
  const { status, body } = await system.api.post(order, { prefer: 'wait=5' })
  expect(status).toBe(200)
  expect(body.status).toBe('delivered')
})

test('operators see targets, pause and resume them, and probes are answered', async () => {
  for (const step of ['pause', 'resume'])
    expect((await system.api.call('POST', `/v1/admin/targets/crm/${step}`)).status).toBe(200)
  expect((await system.api.call('GET', '/v1/admin/targets/crm')).status).toBe(200)
  expect((await system.api.call('GET', '/readyz')).status).toBe(200)
  const metrics = await (await fetch(`${system.url}/metrics`)).text()
  expect(metrics).toMatch(/^manifold_redis_up\{.*\} 1$/m)
  expect(metrics).toMatch(/^manifold_outbox_entries\{.*\} 0$/m)
  // Of the one of the three that holds the store.
  expect(metrics).toMatch(/^manifold_redis_memory_used_bytes\{.*\} [1-9]/m)
})

test('a batch is accepted as a whole', async () => {
  const { status, body } = await system.api.post<{ accepted: number }>(
    Array.from({ length: 100 }, () => order),
    {},
    '/v1/events/batch',
  )
  expect(status).toBeLessThan(300)
  expect(body).toMatchObject({ accepted: 100 })
})

const limited = ['limited', 'moved'].map((name) => createApiKey(name, ['publish']))
/** Two more, with keys, at which a limit holds together. */
let producers: RunningProducer[] = []

/** What a caller is answered at the two in turn. */
async function statusesOf(key: string | undefined): Promise<number[]> {
  const statuses: number[] = []
  for (let count = 0; count < 4; count++) {
    const url = `http://127.0.0.1:${String(producers[count % 2]?.port)}`
    const api = apiAt(url, { authorization: `Bearer ${key ?? ''}` })
    statuses.push((await api.post({ type: 'nobody.wants', data: 1 })).status)
  }
  return statuses
}

test('a limit holds over producers', async () => {
  const settings = readSettings({
    REDIS_URL: cluster.url,
    PORT: '0',
    MANIFOLD_DRAIN_MS: '200',
    MANIFOLD_API_KEYS: limited.map((one) => one.entry).join(' '),
    MANIFOLD_RATE_LIMIT: 'limited=3/1d moved=3/1d',
  })
  const config = resolveConfig('test', { targets: [] })
  const logger = createLogger('test', 'silent')
  producers = await Promise.all([1, 2].map(() => startProducer({ settings, config, logger })))
  expect(await statusesOf(limited[0]?.key)).toEqual([202, 202, 202, 429])
})

test('the slot may move to a master that knows none of the scripts', async () => {
  const redis = connectRedis(system.settings.redis, 'fail-fast', () => undefined)
  try {
    await waitForRedis(redis, () => undefined)
    const store = { ...system.store, keep: createKeep(redis, 0) }
    await accept(store, { targets: ['crm'] })
    const from = await cluster.masterOf('{manifold}')
    const to = (await cluster.masters()).find((port) => port !== from) ?? 0
    await cluster.moveSlot('{manifold}', to)
    await accept(store, { targets: ['crm'] })
    expect((await system.api.post(order, { prefer: 'wait=5' })).body.status).toBe('delivered')
    // Nor does it know the limiter's.
    expect(await statusesOf(limited[1]?.key)).toEqual([202, 202, 202, 429])
  } finally {
    redis.disconnect()
  }
})

test('nothing went wrong that anybody would be told of, and at the end every promise holds', async () => {
  const list = await system.api.call<{ items: { id: string }[] }>('GET', '/v1/events?limit=200')
  await expectKept({
    ...system,
    received: () => system.sandbox.received(),
    accepted: list.body.items.map((event) => event.id),
  })
  expect(system.logs().filter(({ msg }) => msg === 'unexpected error')).toEqual([])
})
