/**
 * Whether a worker still consumes. A worker can stop taking jobs after a failover while its connection is fine, so
 * liveness looks at progress: jobs wait, there is room for them, and yet none is taken.
 *
 * Pure: the samples and the clock are passed in.
 */

export type ConsumptionSample = {
  readonly atMs: number
  /** Jobs ready to be taken; 0 when the queue is paused or rate-limited. */
  readonly waiting: number
  readonly inFlight: number
  readonly concurrency: number
  /** Jobs this worker has taken since it started. */
  readonly taken: number
}

export type Consumption = {
  readonly observe: (sample: ConsumptionSample) => void
  /** How long jobs have waited without one being taken; 0 when all is well. */
  readonly stuckForMs: (nowMs: number) => number
}

/** Starts with nothing observed: a worker is taken to be well until a sample says otherwise. */
export function watchConsumption(): Consumption {
  let taken = -1
  let stuckSinceMs: number | undefined
  return {
    observe: (sample) => {
      const progressed = sample.taken !== taken
      taken = sample.taken
      const couldTake = sample.waiting > 0 && sample.inFlight < sample.concurrency
      if (progressed || !couldTake) stuckSinceMs = undefined
      else stuckSinceMs ??= sample.atMs
    },
    stuckForMs: (nowMs) => (stuckSinceMs === undefined ? 0 : nowMs - stuckSinceMs),
  }
}
