/** Probes and metrics of a producer and a worker. */
import { afterAll, beforeAll, expect, test } from 'vitest'
import type { RunningWorker } from '../../apps/worker/src/worker.ts'
import { expectKept } from '../support/oracle.ts'
import { startSystem, type System } from '../support/system.ts'

let system: System
let worker: RunningWorker

beforeAll(async () => {
  system = await startSystem({
    withWorker: false,
    config: (sandboxUrl) => ({
      targets: [
        { name: 'crm', subscribe: ['**'], url: `${sandboxUrl}/t/crm/ok` },
        { name: 'billing', subscribe: ['**'], url: `${sandboxUrl}/t/billing/status/400` },
      ],
    }),
  })
  worker = await system.work()
  const { body } = await system.api.post({ type: 'order.placed', data: 1 })
  await expectKept({ ...system, accepted: [body.id], received: () => system.sandbox.received() })
})

afterAll(() => system.close())

const ofWorker = (path: string) => fetch(`http://127.0.0.1:${String(worker.port)}${path}`)
const ofProducer = (path: string) => fetch(system.url + path)

test.each([
  ['producer', ofProducer],
  ['worker', ofWorker],
])('the %s is live and ready', async (_name, get) => {
  for (const path of ['/livez', '/readyz']) {
    const response = await get(path)
    expect(response.status).toBe(200)
    expect(await response.json()).toEqual({ status: 'ok' })
  }
})

test('the producer counts what it accepted, and shows queue depth and dead letters by target', async () => {
  const text = await (await ofProducer('/metrics')).text()
  expect(text).toContain('manifold_events_accepted_total{type="order.placed",part="producer"} 1')
  expect(text).toContain('manifold_dead_letters{target="billing",part="producer"} 1')
  expect(text).toContain('manifold_dead_letters{target="crm",part="producer"} 0')
  expect(text).toContain('manifold_queue_depth{target="crm",state="waiting",part="producer"} 0')
  expect(text).toContain('manifold_breaker_state{target="crm",state="closed",part="producer"} 1')
  expect(text).toContain('manifold_breaker_state{target="crm",state="open",part="producer"} 0')
  expect(text).toContain('manifold_outbox_entries{part="producer"} 0')
})

test('the worker counts attempts by target and outcome, and measures from accept to delivered', async () => {
  const text = await (await ofWorker('/metrics')).text()
  expect(text).toContain(
    'manifold_attempts_total{target="crm",outcome="delivered",reason="http-200",part="worker"} 1',
  )
  expect(text).toContain(
    'manifold_attempts_total{target="billing",outcome="permanent",reason="http-400",part="worker"} 1',
  )
  expect(text).toContain('manifold_delivery_latency_seconds_count{part="worker",target="crm"} 1')
  expect(text).toContain('manifold_in_flight{target="crm",part="worker"} 0')
  expect(text).not.toContain('evt_')
})

test('there is one wide log line per request and one per attempt', () => {
  const logs = system.logs()
  const posts = logs.filter((line) => line['method'] === 'POST')
  expect(posts).toHaveLength(1)
  expect(posts).toMatchObject([
    { path: '/v1/events', status: 202, caller: 'anonymous', msg: 'POST /v1/events 202' },
  ])
  const attempts = logs.filter((line) => line['settlement'] !== undefined)
  expect(attempts).toHaveLength(2)
  expect(attempts).toContainEqual(
    expect.objectContaining({
      target: 'crm',
      attempt: 1,
      outcome: 'delivered',
      httpStatus: 200,
      settlement: 'delivered',
    }),
  )
  expect(attempts.every((line) => line['eventId'] === posts[0]?.['eventId'])).toBe(true)
})

test('without Redis a worker is not ready, but live: a restart would mend nothing', async () => {
  await system.redis.kill()
  expect((await ofWorker('/readyz')).status).toBe(503)
  expect((await ofWorker('/livez')).status).toBe(200)
  expect((await ofWorker('/metrics')).status).toBe(200)
  await system.redis.start()
})
