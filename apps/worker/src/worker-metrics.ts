/** What a worker counts. Each of it is described in docs/metrics.md. */
import { DEAD_REASONS } from '@manifold/domain'
import { Counter, Gauge, Histogram, LATENCY_BUCKETS, limitLabels, type Registry } from '@manifold/runtime'
import type { DeliveryReport } from './delivery-report.ts'
import { createThrottledTime } from './throttled-time.ts'

export type WorkerMetrics = {
  readonly settled: (report: DeliveryReport) => void
  readonly rescued: (entries: number) => void
  readonly takenOver: (target: string) => void
  readonly leftToNewer: (target: string) => void
}

export type WorkerMetricsDeps = {
  readonly registry: Registry
  /** Their names, asked at each scrape. */
  readonly targets: () => readonly string[]
  readonly inFlight: (target: string) => number
}

/** A target's own classification may say anything. */
const REASON_WORD = /^[a-z0-9][a-z0-9._-]{0,49}$/i

export function createWorkerMetrics(deps: WorkerMetricsDeps): WorkerMetrics {
  const registers = [deps.registry]
  const attempts = new Counter({
    name: 'manifold_attempts_total',
    help: 'Attempts by target, outcome and reason',
    labelNames: ['target', 'outcome', 'reason'],
    registers,
  })
  const attemptSeconds = new Histogram({
    name: 'manifold_attempt_duration_seconds',
    help: 'How long one attempt took, from request to the end of the answer',
    labelNames: ['target', 'outcome'],
    buckets: LATENCY_BUCKETS,
    registers,
  })
  const latency = new Histogram({
    name: 'manifold_delivery_latency_seconds',
    help: 'From accept (or replay) to delivered',
    labelNames: ['target'],
    buckets: LATENCY_BUCKETS,
    registers,
  })
  const settlements = new Counter({
    name: 'manifold_settlements_total',
    help: 'What was decided after an attempt: delivered, retry, defer or dead',
    labelNames: ['target', 'settlement'],
    registers,
  })
  const died = new Counter({
    name: 'manifold_deliveries_dead_total',
    help: 'Deliveries that became dead letters, by target and reason',
    labelNames: ['target', 'reason'],
    registers,
    // From the start, or nobody could tell that the first one is one more.
    collect() {
      for (const target of deps.targets()) for (const reason of DEAD_REASONS) this.inc({ target, reason }, 0)
    },
  })
  const settledEvents = new Counter({
    name: 'manifold_events_settled_total',
    help: 'Events whose last delivery has ended, by type and what came of them',
    labelNames: ['type', 'status'],
    registers,
  })
  const rescued = new Counter({
    name: 'manifold_relay_rescued_total',
    help: 'Outbox entries enqueued by the relay because the process that made them did not',
    registers,
  })
  const takenOver = new Counter({
    name: 'manifold_deliveries_taken_over_total',
    help: 'Deliveries taken over from a worker that died',
    labelNames: ['target'],
    registers,
  })
  const leftToNewer = new Counter({
    name: 'manifold_left_to_newer_total',
    help: 'Times that a delivery was left to a worker of a newer version, which alone can read it',
    labelNames: ['target'],
    registers,
  })
  new Gauge({
    name: 'manifold_in_flight',
    help: 'Deliveries this process is working on',
    labelNames: ['target'],
    registers,
    collect() {
      this.reset()
      for (const target of deps.targets()) this.set({ target }, deps.inFlight(target))
    },
  })
  const throttledTime = createThrottledTime()
  new Counter({
    name: 'manifold_throttled_seconds_total',
    help: 'For how long answers of a target asked to leave it alone, overlapping times counted once',
    labelNames: ['target'],
    registers,
    collect() {
      this.reset()
      for (const [target, spentMs] of throttledTime.spentMs(performance.now()))
        this.inc({ target }, spentMs / 1_000)
    },
  })

  const reasonLabel = limitLabels()
  const typeLabel = limitLabels()
  return {
    settled: ({ ref, eventType, attempt, settlement, result, ageMs }) => {
      const { target } = ref
      if (attempt !== undefined) {
        const { outcome } = attempt
        attempts.inc({
          target,
          outcome,
          reason: reasonLabel(REASON_WORD.test(attempt.reason) ? attempt.reason : 'other'),
        })
        attemptSeconds.observe({ target, outcome }, attempt.durationMs / 1_000)
      }
      // What another worker has ended is counted there.
      if (result.kind !== 'applied' || result.endedBefore) return
      settlements.inc({ target, settlement: settlement.kind })
      if (settlement.kind === 'delivered') latency.observe({ target }, ageMs / 1_000)
      if (settlement.kind === 'dead') died.inc({ target, reason: settlement.reason })
      if (settlement.kind === 'defer') throttledTime.asked(target, settlement.delayMs, performance.now())
      if (result.eventStatus !== 'pending')
        settledEvents.inc({ type: typeLabel(eventType), status: result.eventStatus })
    },
    rescued: (entries) => {
      rescued.inc(entries)
    },
    takenOver: (target) => {
      takenOver.inc({ target })
    },
    leftToNewer: (target) => {
      leftToNewer.inc({ target })
    },
  }
}
