/** What a producer counts. */
import { Counter, Gauge, type Registry } from '@manifold/runtime'

/** Types beyond this many are counted as `other`: a label must not grow with what callers invent. */
const MAX_TYPES = 100

export type ProducerMetrics = {
  readonly accepted: (type: string) => void
  readonly rescued: (entries: number) => void
  /** @param count asked at each scrape */
  readonly watchFollowers: (count: () => number) => void
}

export function createProducerMetrics(registry: Registry): ProducerMetrics {
  const accepted = new Counter({
    name: 'manifold_events_accepted_total',
    help: 'Events accepted (answered 202 for the first time), by type',
    labelNames: ['type'],
    registers: [registry],
  })
  const rescued = new Counter({
    name: 'manifold_relay_rescued_total',
    help: 'Outbox entries enqueued by the relay because the process that made them did not',
    registers: [registry],
  })
  const types = new Set<string>()
  return {
    accepted: (type) => {
      if (types.size < MAX_TYPES) types.add(type)
      accepted.inc({ type: types.has(type) ? type : 'other' })
    },
    rescued: (entries) => {
      rescued.inc(entries)
    },
    watchFollowers: (count) => {
      new Gauge({
        name: 'manifold_followers',
        help: 'Callers that wait for an event, or follow a stream',
        registers: [registry],
        collect() {
          this.set(count())
        },
      })
    },
  }
}
