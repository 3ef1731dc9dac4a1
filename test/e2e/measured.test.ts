/** What happens is what is shown: the values of metrics behind real deliveries, retries, waits and rescues. */
import { recordEvent } from '@manifold/store'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { eventually } from '../support/eventually.ts'
import { newEvent } from '../support/store.ts'
import { startSystem, type System } from '../support/system.ts'

let system: System
let workerUrl: string

beforeAll(async () => {
  system = await startSystem({
    withWorker: false,
    environment: { MANIFOLD_RELAY_AGE_MS: '100' },
    config: (url) => ({
      targets: [
        { name: 'crm', subscribe: ['order.placed'], url: `${url}/t/crm/delay/60` },
        {
          name: 'mail',
          subscribe: ['order.failed'],
          url: `${url}/t/mail/flaky?fail=2`,
          retry: { baseDelayMs: 5, maxDelayMs: 10 },
        },
        { name: 'search', subscribe: ['order.found'], url: `${url}/t/search/retry-after/1` },
        { name: 'slow', subscribe: ['order.slow'], url: `${url}/t/slow/hang` },
      ],
    }),
  })
  const worker = await system.work()
  workerUrl = `http://127.0.0.1:${String(worker.port)}`
})

afterAll(() => system.close())

const post = async (type: string) => (await system.api.post({ type, data: 1 })).body.id

/** The value of the sample that begins so, of one part; 0 when it is not shown. */
async function valueOf(url: string, name: string, labels: Readonly<Record<string, string>> = {}) {
  const text = await (await fetch(`${url}/metrics`)).text()
  const line = text
    .split('\n')
    .find(
      (one) =>
        (one.startsWith(`${name}{`) || one.startsWith(`${name} `)) &&
        Object.entries(labels).every(([label, value]) => one.includes(`${label}="${value}"`)),
    )
  return Number(line?.split(' ').at(-1) ?? 0)
}

const ofWorker = (name: string, labels: Readonly<Record<string, string>>) =>
  valueOf(workerUrl, `manifold_${name}`, labels)

test('an attempt is measured as long as it took, and what became of its event is counted once', async () => {
  await post('order.placed')
  const settled = { type: 'order.placed', status: 'delivered' }
  await eventually('it to be delivered', async () => (await ofWorker('events_settled_total', settled)) === 1)
  const of = { target: 'crm' }
  const seconds = await ofWorker('attempt_duration_seconds_sum', of)
  expect(await ofWorker('attempt_duration_seconds_count', of)).toBe(1)
  expect(seconds).toBeGreaterThanOrEqual(0.05)
  expect(await ofWorker('delivery_latency_seconds_sum', of)).toBeGreaterThanOrEqual(seconds)
})

test('each retry that is scheduled is counted', async () => {
  await post('order.failed')
  const delivered = { target: 'mail', settlement: 'delivered' }
  await eventually('it to be delivered', async () => (await ofWorker('settlements_total', delivered)) === 1)
  expect(await ofWorker('settlements_total', { target: 'mail', settlement: 'retry' })).toBe(2)
})

test('a target that asks for patience is throttled for as long as it asked', async () => {
  await post('order.found')
  const seconds = await eventually('some of it to have passed', async () => {
    const spent = await ofWorker('throttled_seconds_total', { target: 'search' })
    return spent > 0.05 && spent
  })
  expect(seconds).toBeLessThan(20)
})

test('what is under way is in flight', async () => {
  await post('order.slow')
  await eventually('it to be under way', async () => (await ofWorker('in_flight', { target: 'slow' })) === 1)
  expect(await ofWorker('in_flight', { target: 'crm' })).toBe(0)
})

test('what the relay rescues is counted by whoever did, and delivered', async () => {
  const rescued = async () =>
    (await valueOf(system.url, 'manifold_relay_rescued_total')) +
    (await valueOf(workerUrl, 'manifold_relay_rescued_total'))
  const before = await rescued()
  // Its producer died before it enqueued anything.
  const { eventId } = await recordEvent(system.store, newEvent({ type: 'order.placed', targets: ['crm'] }))
  await eventually('it to be delivered', async () => (await system.api.event(eventId)).status === 'delivered')
  await eventually('it to be counted', async () => (await rescued()) > before)
})
