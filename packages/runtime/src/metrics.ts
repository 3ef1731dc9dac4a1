/** Metrics: one registry per process. Never an id or a URL as a label. */
import { collectDefaultMetrics, Counter, Gauge, Histogram, Registry } from 'prom-client'
import { VERSION } from './version.ts'

export { Counter, Gauge, Histogram, Registry }

/** A registry with the process's own metrics (memory, CPU, event-loop lag). */
export function createRegistry(part: string): Registry {
  const registry = new Registry()
  registry.setDefaultLabels({ part })
  collectDefaultMetrics({ register: registry })
  new Gauge({
    name: 'manifold_info',
    help: '1, with the version of Manifold that runs',
    labelNames: ['version'],
    registers: [registry],
  }).set({ version: VERSION }, 1)
  return registry
}

/** Seconds: from a fast hop on one machine to the longest back-off. */
export const LATENCY_BUCKETS = [
  0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30, 60, 300, 1_800, 7_200, 43_200,
]
