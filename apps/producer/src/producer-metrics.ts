/** What a producer counts. Each of it is described in docs/metrics.md. */
import type { DeadReason } from '@manifold/domain'
import { Counter, Gauge, Histogram, LATENCY_BUCKETS, limitLabels, type Registry } from '@manifold/runtime'

/** A request that was answered, or whose caller has gone. */
export type AnsweredRequest = {
  readonly method: string
  readonly path: string
  readonly status: number
  readonly durationMs: number
}

export type ProducerMetrics = {
  readonly accepted: (type: string) => void
  readonly answered: (request: AnsweredRequest) => void
  readonly rescued: (entries: number) => void
  /** Deliveries died because their target is in no config any more; 0 before the first one, so that it is one more. */
  readonly died: (target: string, deliveries: number) => void
  /** @param count asked at each scrape */
  readonly watchFollowers: (count: () => number) => void
}

/** What requests are counted as, by their path: the first that fits. A caller can invent no other. */
const ROUTES: readonly (readonly [path: RegExp, route: string])[] = [
  // They last as long as their reader likes.
  [/^\/v1\/(?:stream|ws|events\/[^/]+\/stream)$/, 'stream'],
  [/^\/v1\/events\/batch$/, 'batch'],
  [/^\/v1\/events(?:\/|$)/, 'events'],
  [/^\/v1\/sources\//, 'sources'],
  [/^\/v1\/admin\//, 'admin'],
]

const METHODS: ReadonlySet<string> = new Set(['GET', 'POST', 'DELETE', 'HEAD', 'OPTIONS'])

/** Whoever is too fast is told so: not the mistake that the other 4xx are. */
const TOO_MANY = 429

export function createProducerMetrics(registry: Registry): ProducerMetrics {
  const accepted = new Counter({
    name: 'manifold_events_accepted_total',
    help: 'Events accepted (answered 202 for the first time), by type',
    labelNames: ['type'],
    registers: [registry],
  })
  const requestSeconds = new Histogram({
    name: 'manifold_http_request_duration_seconds',
    help: 'From the headers of a request to the end of its answer, by method, route and status class',
    labelNames: ['method', 'route', 'status'],
    buckets: LATENCY_BUCKETS,
    registers: [registry],
  })
  const rescued = new Counter({
    name: 'manifold_relay_rescued_total',
    help: 'Outbox entries enqueued by the relay because the process that made them did not',
    registers: [registry],
  })
  const died = new Counter({
    name: 'manifold_deliveries_dead_total',
    help: 'Deliveries that became dead letters, by target and reason',
    labelNames: ['target', 'reason'],
    registers: [registry],
  })
  const typeLabel = limitLabels()
  return {
    accepted: (type) => {
      accepted.inc({ type: typeLabel(type) })
    },
    answered: ({ method, path, status, durationMs }) => {
      requestSeconds.observe(
        {
          method: METHODS.has(method) ? method : 'other',
          route: ROUTES.find(([pattern]) => pattern.test(path))?.[1] ?? 'other',
          status: status === TOO_MANY ? String(status) : `${String(Math.floor(status / 100))}xx`,
        },
        durationMs / 1_000,
      )
    },
    rescued: (entries) => {
      rescued.inc(entries)
    },
    died: (target, deliveries) => {
      died.inc({ target, reason: 'unknown-target' satisfies DeadReason }, deliveries)
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
