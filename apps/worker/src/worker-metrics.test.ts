/** What a worker counts, as it is scraped. */
import type { Attempt, Settlement } from '@manifold/domain'
import { Registry } from '@manifold/runtime'
import type { SettleResult } from '@manifold/store'
import { expect, test, vi } from 'vitest'
import type { DeliveryReport } from './delivery-report.ts'
import { createWorkerMetrics } from './worker-metrics.ts'

function start() {
  const registry = new Registry()
  const metrics = createWorkerMetrics({ registry, targets: () => ['crm'], inFlight: () => 3 })
  return { metrics, shown: () => registry.metrics() }
}

const APPLIED: Extract<SettleResult, { kind: 'applied' }> = {
  kind: 'applied',
  status: 'delivered',
  nextAttemptAtMs: undefined,
  eventStatus: 'pending',
  endedBefore: false,
  attemptNumber: 1,
  breaker: undefined,
  callbackAtMs: undefined,
  owed: undefined,
}

const attempt: Attempt = {
  atMs: 1,
  durationMs: 300,
  httpStatus: 200,
  outcome: 'delivered',
  reason: 'http-200',
}

const reportOf = (settlement: Settlement, more: Partial<DeliveryReport> = {}): DeliveryReport => ({
  ref: { eventId: 'evt_1', target: 'crm', generation: 1 },
  eventType: 'order.placed',
  traceId: '0',
  spanId: undefined,
  attempt,
  exchange: undefined,
  attemptNumber: 1,
  settlement,
  result: APPLIED,
  ageMs: 2_000,
  ...more,
})

test('an attempt is counted, with how long it took; a delivery, with how long it was on its way', async () => {
  const { metrics, shown } = start()
  metrics.settled(reportOf({ kind: 'delivered' }))
  const text = await shown()
  expect(text).toContain('manifold_attempts_total{target="crm",outcome="delivered",reason="http-200"} 1')
  expect(text).toContain('manifold_attempt_duration_seconds_sum{target="crm",outcome="delivered"} 0.3')
  expect(text).toContain(
    'manifold_attempt_duration_seconds_bucket{le="0.25",target="crm",outcome="delivered"} 0',
  )
  expect(text).toContain('manifold_delivery_latency_seconds_sum{target="crm"} 2')
  expect(text).toContain('manifold_settlements_total{target="crm",settlement="delivered"} 1')
  expect(text).not.toContain('manifold_events_settled_total{')
})

test('a retry that is scheduled, and the last delivery of an event, are counted', async () => {
  const { metrics, shown } = start()
  metrics.settled(reportOf({ kind: 'retry', delayMs: 5 }))
  metrics.settled(reportOf({ kind: 'delivered' }, { result: { ...APPLIED, eventStatus: 'delivered' } }))
  const text = await shown()
  expect(text).toContain('manifold_settlements_total{target="crm",settlement="retry"} 1')
  expect(text).toContain('manifold_events_settled_total{type="order.placed",status="delivered"} 1')
})

test.each<Settlement>([{ kind: 'delivered' }, { kind: 'dead', reason: 'exhausted' }])(
  'of what another worker has ended as $kind before, the attempt alone is counted',
  async (settlement) => {
    const { metrics, shown } = start()
    metrics.settled(
      reportOf(settlement, { result: { ...APPLIED, eventStatus: 'delivered', endedBefore: true } }),
    )
    const text = await shown()
    expect(text).toContain('manifold_attempts_total{target="crm",outcome="delivered",reason="http-200"} 1')
    expect(text).toContain('manifold_deliveries_dead_total{target="crm",reason="exhausted"} 0')
    for (const name of ['settlements_total', 'delivery_latency_seconds_sum', 'events_settled_total'])
      expect(text).not.toContain(`manifold_${name}{`)
  },
)

test('deaths are counted by reason, from a zero that was there before', async () => {
  const { metrics, shown } = start()
  expect(await shown()).toContain('manifold_deliveries_dead_total{target="crm",reason="rejected"} 0')
  metrics.settled(reportOf({ kind: 'dead', reason: 'rejected' }))
  const text = await shown()
  expect(text).toContain('manifold_deliveries_dead_total{target="crm",reason="rejected"} 1')
  expect(text).toContain('manifold_deliveries_dead_total{target="crm",reason="expired"} 0')
})

test('what is deferred adds to the throttled time, as it passes', async () => {
  vi.spyOn(performance, 'now').mockReturnValue(1_000)
  const { metrics, shown } = start()
  metrics.settled(reportOf({ kind: 'defer', delayMs: 60_000 }))
  vi.spyOn(performance, 'now').mockReturnValue(5_000)
  expect(await shown()).toContain('manifold_throttled_seconds_total{target="crm"} 4')
  vi.restoreAllMocks()
})

test('what is under way, rescued, taken over and left to newer workers is shown', async () => {
  const { metrics, shown } = start()
  metrics.rescued(7)
  metrics.takenOver('crm')
  metrics.leftToNewer('crm')
  const text = await shown()
  expect(text).toContain('manifold_in_flight{target="crm"} 3')
  expect(text).toContain('manifold_relay_rescued_total 7')
  expect(text).toContain('manifold_deliveries_taken_over_total{target="crm"} 1')
  expect(text).toContain('manifold_left_to_newer_total{target="crm"} 1')
})

test('reasons and types that others invent are counted apart up to a hundred, and no reason is a message', async () => {
  const { metrics, shown } = start()
  const events = { ...APPLIED, eventStatus: 'failed' } as const
  for (let count = 0; count < 101; count++) {
    const own = { ...attempt, reason: `own-${String(count)}` }
    metrics.settled(
      reportOf({ kind: 'delivered' }, { attempt: own, eventType: `type.${String(count)}`, result: events }),
    )
  }
  metrics.settled(reportOf({ kind: 'delivered' }, { attempt: { ...attempt, reason: 'no such user: 17' } }))
  const text = await shown()
  expect(text).toContain('reason="own-99"} 1')
  expect(text).toContain('reason="other"} 2')
  expect(text).toContain('manifold_events_settled_total{type="type.99",status="failed"} 1')
  expect(text).toContain('manifold_events_settled_total{type="other",status="failed"} 1')
})
