/**
 * Consuming: takes a target's jobs, has each delivered, and applies what came of it to the queue.
 *
 * Owns the translation of a verdict into BullMQ calls; decides nothing about deliveries.
 *
 * Invariants
 * 1. The event record is settled before a verdict is applied: whatever happens here can be repeated from the record.
 * 2. A dead letter is on its queue before the delivery's job goes.
 * 3. A job is never failed because its worker died: stalled jobs go back to the queue without limit.
 * 4. Deferring and handing back cost no attempt, neither here nor in the record.
 */
import { setMaxListeners } from 'node:events'
import { setTimeout as wait } from 'node:timers/promises'
import type { DeadReason, DeliveryRef, Target } from '@manifold/domain'
import { keys, type Store } from '@manifold/store'
import { DelayedError, RateLimitError, UnrecoverableError, WaitingError, Worker, type Job } from 'bullmq'
import { watchConsumption, type Consumption } from './consumption.ts'
import { buryDelivery, removeDeadLetter } from './dead-letter-queue.ts'
import { readPayload } from './job-payload.ts'
import type { Queues } from './queues.ts'
import { holdTarget, isTargetPaused, isTargetRateLimited, readQueueDepth } from './target-queue.ts'

/** What is to become of a job. */
export type Verdict =
  /** Delivered, or somebody else's by now. */
  | { readonly kind: 'finish' }
  /** Taken up again after it had ended, or been replayed: nothing of this generation may stay on the dead-letter queue. */
  | { readonly kind: 'drop' }
  | { readonly kind: 'retry'; readonly delayMs: number }
  | { readonly kind: 'defer'; readonly delayMs: number }
  /** No delivery of the target is to be attempted for so long. */
  | { readonly kind: 'throttle'; readonly delayMs: number }
  | { readonly kind: 'bury'; readonly reason: DeadReason }
  /** Not done, because this process is stopping. */
  | { readonly kind: 'hand-back' }

export type ConsumeOptions = {
  readonly target: Pick<Target, 'name' | 'concurrency' | 'rateLimit'>
  readonly store: Store
  readonly queues: Queues
  /** Settles one delivery. The signal aborts when the process must stop. Throws only for a bug or a lost Redis. */
  readonly deliver: (ref: DeliveryRef, signal: AbortSignal) => Promise<Verdict>
  /** Settles a delivery whose job cannot be read. */
  readonly refuse: (ref: DeliveryRef, error: string) => Promise<Verdict>
  /** How long a claim on a job outlives its worker. Renewed while the worker lives. */
  readonly lockMs: number
  /** How often jobs whose worker died are looked for. */
  readonly stalledCheckMs: number
  readonly onError: (error: Error) => void
  readonly onStalled: (jobId: string) => void
}

export type Consumer = {
  readonly inFlight: () => number
  readonly consumption: Consumption
  /** Looks at the queue once and notes whether this worker still consumes. */
  readonly sample: () => Promise<void>
  /** Takes no more jobs; work under way has `drainMs` to finish and is then handed back. */
  readonly close: (drainMs: number) => Promise<void>
}

/** Failed, to be attempted again. Carries the wait to BullMQ's back-off strategy. */
class RetryLater extends Error {
  readonly delayMs: number

  constructor(delayMs: number) {
    super('retry later')
    this.delayMs = delayMs
  }
}

/** An exception in `deliver` is a bug or a lost Redis: the job comes back after this long. */
const UNEXPECTED_DELAY_MS = 1_000

/** A worker without a limiter does not heed a hold: so one that is never reached. */
const NO_LIMIT = { max: 1_000_000_000, duration: 3_600_000 }

/** How often a held worker looks whether the hold was lifted. */
const HELD_LOOK_MS = 1_000

/** How soon BullMQ tries again after losing Redis; its own default of 15 s would make recovery slow. */
const RUN_RETRY_MS = 500

/**
 * How long BullMQ may take to close once no delivery is under way. It has no limit of its own, and with its
 * connection lost it would wait for ever.
 */
const CLOSE_GRACE_MS = 1_000

const IDLE_LOOK_MS = 20

/** Failing on stalls would turn a killed worker into a failed delivery. */
const UNLIMITED_STALLS = 1_000_000_000

/** Starts taking a target's deliveries, as many at once as it allows. */
export function consumeDeliveries(options: ConsumeOptions): Consumer {
  const { target, queues } = options
  const stopping = new AbortController()
  // One listener per attempt under way.
  setMaxListeners(0, stopping.signal)
  const consumption = watchConsumption()
  const limiter =
    target.rateLimit === undefined
      ? NO_LIMIT
      : { max: target.rateLimit.max, duration: target.rateLimit.perMs }
  let inFlight = 0
  let taken = 0

  /** Resolves when no delivery is under way, or when work had its time. */
  const idle = async (drainMs: number): Promise<void> => {
    const until = Date.now() + drainMs + CLOSE_GRACE_MS / 2
    while (inFlight > 0 && Date.now() < until) await wait(IDLE_LOOK_MS)
  }

  const settle = async (job: Job): Promise<Verdict> => {
    const reading = readPayload(target.name, job.id ?? '', job.data)
    if (reading.kind === 'readable') return options.deliver(reading.ref, stopping.signal)
    options.onError(new Error(reading.error))
    return reading.ref === undefined ? { kind: 'finish' } : options.refuse(reading.ref, reading.error)
  }

  const worker = new Worker(
    target.name,
    async (job: Job, token?: string): Promise<void> => {
      inFlight++
      taken++
      try {
        await apply(options, job, token, await settle(job))
      } finally {
        inFlight--
      }
    },
    {
      connection: options.store.redis,
      prefix: keys.queuePrefix,
      concurrency: target.concurrency,
      limiter,
      maximumRateLimitDelay: HELD_LOOK_MS,
      lockDuration: options.lockMs,
      stalledInterval: options.stalledCheckMs,
      maxStalledCount: UNLIMITED_STALLS,
      runRetryDelay: RUN_RETRY_MS,
      settings: {
        backoffStrategy: (_attemptsMade, _type, error) =>
          error instanceof RetryLater ? error.delayMs : UNEXPECTED_DELAY_MS,
      },
    },
  )
  worker.on('error', options.onError)
  worker.on('stalled', options.onStalled)
  worker.on('failed', (_job, error) => {
    if (!(error instanceof RetryLater) && !(error instanceof UnrecoverableError)) options.onError(error)
  })

  return {
    inFlight: () => inFlight,
    consumption,
    sample: async () => {
      const [depth, paused, limited] = await Promise.all([
        readQueueDepth(queues, target.name),
        isTargetPaused(queues, target.name),
        isTargetRateLimited(queues, target.name, limiter.max),
      ])
      const held = paused || limited
      consumption.observe({
        atMs: Date.now(),
        waiting: held ? 0 : depth.waiting,
        inFlight,
        concurrency: target.concurrency,
        taken,
      })
    },
    close: async (drainMs) => {
      const deadline = setTimeout(() => {
        stopping.abort(new Error('the worker is stopping'))
      }, drainMs)
      const closed = worker.close()
      await Promise.race([closed, idle(drainMs).then(() => wait(CLOSE_GRACE_MS))])
      clearTimeout(deadline)
      // Given up on: its end, whenever it comes, is nobody's concern any more.
      closed.catch(options.onError)
    },
  }
}

/** Makes the queue agree with what the record already says. */
async function apply(
  { store, queues, target }: ConsumeOptions,
  job: Job,
  token: string | undefined,
  verdict: Verdict,
): Promise<void> {
  switch (verdict.kind) {
    case 'finish':
      return
    case 'drop': {
      const { ref } = readPayload(target.name, job.id ?? '', job.data)
      if (ref !== undefined) await removeDeadLetter(queues, ref)
      return
    }
    case 'retry':
      throw new RetryLater(verdict.delayMs)
    case 'defer':
      await job.moveToDelayed(Date.now() + verdict.delayMs, token)
      throw new DelayedError()
    case 'throttle':
      await holdTarget(queues, target.name, verdict.delayMs)
      throw new RateLimitError()
    case 'hand-back':
      await job.moveToWait(token)
      throw new WaitingError()
    case 'bury': {
      const { ref } = readPayload(target.name, job.id ?? '', job.data)
      if (ref !== undefined) await buryDelivery(store, queues, ref, verdict.reason)
      throw new UnrecoverableError(verdict.reason)
    }
    default:
      verdict satisfies never
  }
}
