/** What a worker counts. */
import { Counter, Gauge, Histogram, LATENCY_BUCKETS, type Registry } from '@manifold/runtime'
import type { DeliveryReport } from './deliver.ts'

export type WorkerMetrics = {
  readonly settled: (report: DeliveryReport) => void
  readonly rescued: (entries: number) => void
  readonly takenOver: (target: string) => void
  readonly leftToNewer: (target: string) => void
}

export type WorkerMetricsDeps = {
  readonly registry: Registry
  readonly targets: () => readonly string[]
  readonly inFlight: (target: string) => number
}

export function createWorkerMetrics(deps: WorkerMetricsDeps): WorkerMetrics {
  const registers = [deps.registry]
  const attempts = new Counter({
    name: 'manifold_attempts_total',
    help: 'Attempts by target and outcome',
    labelNames: ['target', 'outcome'],
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
      for (const target of deps.targets()) this.set({ target }, deps.inFlight(target))
    },
  })

  return {
    settled: ({ ref, attempt, settlement, result, ageMs }) => {
      const { target } = ref
      if (attempt !== undefined) {
        attempts.inc({ target, outcome: attempt.outcome })
        attemptSeconds.observe({ target, outcome: attempt.outcome }, attempt.durationMs / 1_000)
      }
      if (result.kind !== 'applied') return
      settlements.inc({ target, settlement: settlement.kind })
      if (settlement.kind === 'delivered') latency.observe({ target }, ageMs / 1_000)
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
