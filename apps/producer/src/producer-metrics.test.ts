/** What a producer counts, as it is scraped. */
import { Registry } from '@manifold/runtime'
import { expect, test } from 'vitest'
import { countRefusals, registerGateGauge } from './overload/overload-metrics.ts'
import { createProducerMetrics } from './producer-metrics.ts'

function start() {
  const registry = new Registry()
  return { registry, metrics: createProducerMetrics(registry), shown: () => registry.metrics() }
}

test('events are counted by type, the first hundred types apart', async () => {
  const { metrics, shown } = start()
  for (let count = 0; count < 102; count++) metrics.accepted(`type.${String(count)}`)
  metrics.accepted('type.0')
  const text = await shown()
  expect(text).toContain('manifold_events_accepted_total{type="type.0"} 2')
  expect(text).toContain('manifold_events_accepted_total{type="type.99"} 1')
  expect(text).toContain('manifold_events_accepted_total{type="other"} 2')
})

test.each([
  [202, '2xx'],
  [401, '4xx'],
  [429, '429'],
  [503, '5xx'],
])('a request that is answered %i is counted as %s', async (status, label) => {
  const { metrics, shown } = start()
  metrics.answered({ method: 'POST', path: '/v1/events', status, durationMs: 20 })
  const labels = `method="POST",route="events",status="${label}"`
  const text = await shown()
  expect(text).toContain(`manifold_http_request_duration_seconds_count{${labels}} 1`)
  expect(text).toContain(`manifold_http_request_duration_seconds_sum{${labels}} 0.02`)
})

test('deaths at removed targets are counted from a zero that was there before', async () => {
  const { metrics, shown } = start()
  const line = 'manifold_deliveries_dead_total{target="old",reason="unknown-target"}'
  metrics.died('old', 0)
  expect(await shown()).toContain(`${line} 0`)
  metrics.died('old', 5)
  expect(await shown()).toContain(`${line} 5`)
})

test('what is rescued, and who follows, is shown', async () => {
  const { metrics, shown } = start()
  metrics.rescued(3)
  metrics.watchFollowers(() => 2)
  const text = await shown()
  expect(text).toContain('manifold_relay_rescued_total 3')
  expect(text).toContain('manifold_followers 2')
})

test('refusals are counted by reason from 0, and the gates are shown as they are', async () => {
  const { registry, shown } = start()
  const refused = countRefusals(registry)
  registerGateGauge(registry, { shut: () => ({ memory: true, backlog: false, targets: 2 }) })
  for (const reason of ['memory', 'backlog', 'target'])
    expect(await shown()).toContain(`manifold_shed_requests_total{reason="${reason}"} 0`)
  refused('target')
  const text = await shown()
  expect(text).toContain('manifold_shed_requests_total{reason="target"} 1')
  expect(text).toContain('manifold_shedding{reason="memory"} 1')
  expect(text).toContain('manifold_shedding{reason="backlog"} 0')
  expect(text).toContain('manifold_shedding{reason="target"} 2')
})
