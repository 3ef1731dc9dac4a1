/**
 * Consuming: takes a target's jobs for as long as there are slots for their deliveries, and ends each job when its
 * deliveries are settled (carry-job.ts).
 *
 * Jobs are fetched by hand instead of by BullMQ's own loop, which counts jobs: here the deliveries count, of which a job
 * may carry several, so that a slow one in a bundle keeps no slot but its own.
 *
 * Invariants
 * 1. A job is fetched only while a slot is free.
 * 2. A job is never failed because its worker died: stalled jobs go back to the queue without limit.
 * 3. A job fetched while stopping is handed back untouched.
 * 4. A job is carried once at a time by a process, also when it comes back because its lock was lost meanwhile.
 */
import { setMaxListeners } from 'node:events'
import { setTimeout as wait } from 'node:timers/promises'
import type { DeliveryRef, Target } from '@manifold/domain'
import { failpoint } from '@manifold/runtime'
import { keys, type Store } from '@manifold/store'
import { Worker, type Job, type WorkerOptions } from 'bullmq'
import { isCountedByJob } from './bundle.ts'
import { carryJob, type CarryDeps } from './carry-job.ts'
import { watchConsumption, type Consumption } from './consumption.ts'
import { endJob, fetchJob, type JobEnd } from './end-job.ts'
import { keepJobLocks } from './job-locks.ts'
import { isJobLost } from './lost-job.ts'
import type { Queues } from './queues.ts'
import { redisTimeBackend } from './redis-time.ts'
import { retryDelayMs } from './retry-later.ts'
import { createSlots } from './slots.ts'
import { isTargetPaused, isTargetRateLimited, readHoldMs, readQueueDepth } from './target-queue.ts'
import type { Verdict } from './verdict.ts'

export type ConsumeOptions = {
  readonly target: Pick<Target, 'name' | 'concurrency' | 'rateLimit'> &
    Partial<Pick<Target, 'maxConcurrency'>>
  readonly store: Store
  readonly queues: Queues
  /**
   * Settles deliveries, each for itself. `claimant` names the job they come from: the same again when it is taken up after
   * a crash. The signal aborts when the process must stop. Rejects only for a bug or a lost Redis.
   */
  readonly deliver: (
    refs: readonly DeliveryRef[],
    claimant: string,
    signal: AbortSignal,
  ) => Promise<Verdict>[]
  /** Settles a delivery whose job cannot be read. */
  readonly refuse: (ref: DeliveryRef, error: string) => Promise<Verdict>
  /** How long a lock on a job outlives its worker. Renewed while the worker lives. */
  readonly lockMs: number
  /** How often jobs whose worker died are looked for. */
  readonly stalledCheckMs: number
  /** Milliseconds of a clock that only goes forward; the process's own by default. */
  readonly now?: () => number
  readonly onError: (error: Error) => void
  readonly onStalled: (jobId: string) => void
  /** The lock of a job was lost while it was worked on: somebody else ends it. What was settled stands. */
  readonly onLost: (entry: string) => void
  /** What a newer version wrote was met, and left for its workers. */
  readonly onNewer: (entry: string) => void
}

export type Consumer = {
  /** Deliveries under way. */
  readonly inFlight: () => number
  readonly consumption: Consumption
  /** Looks at the queue once and notes whether this worker still consumes. */
  readonly sample: () => Promise<void>
  /** Takes no more jobs; work under way has `drainMs` to finish and is then handed back. */
  readonly close: (drainMs: number) => Promise<void>
}

/** A worker without a limiter does not heed a hold: so one that is never reached. */
const NO_LIMIT = { max: 1_000_000_000, duration: 3_600_000 }

/** How often a held worker looks whether the hold was lifted. */
const HELD_LOOK_MS = 1_000

/** How soon a job is fetched again after losing Redis. */
const FETCH_RETRY_MS = 500

/** How long the last queue calls may take once the drain is over: with the connection lost they would wait for ever. */
const CLOSE_GRACE_MS = 1_000

/** When a job comes back that is still worked on here, how soon it is looked at again. */
const OWN_LOOK_MS = 1_000

/** Failing on stalls would turn a killed worker into a failed delivery. */
const UNLIMITED_STALLS = 1_000_000_000

/** Starts taking a target's deliveries, as many at once as it allows. */
export function consumeDeliveries(options: ConsumeOptions): Consumer {
  const { target, queues, onError } = options
  const { name } = target
  const stopping = new AbortController()
  // One listener per attempt under way.
  setMaxListeners(0, stopping.signal)
  const slots = createSlots(target.concurrency)
  const consumption = watchConsumption()
  const limiter =
    target.rateLimit === undefined
      ? NO_LIMIT
      : { max: target.rateLimit.max, duration: target.rateLimit.perMs }
  const workerOptions: WorkerOptions = {
    connection: options.store.redis,
    prefix: keys.queuePrefix,
    limiter,
    lockDuration: options.lockMs,
    stalledInterval: options.stalledCheckMs,
    maxStalledCount: UNLIMITED_STALLS,
    settings: { backoffStrategy: (_attemptsMade, _type, error) => retryDelayMs(error) },
  }
  const worker = new Worker(name, null, workerOptions, redisTimeBackend(queues.now))
  worker.on('error', onError)
  worker.on('stalled', options.onStalled)
  worker.startStalledCheckTimer().catch(onError)

  const locks = keepJobLocks(worker, options.lockMs, onError)
  const running = new Set<Promise<void>>()
  const carried = new Set<string>()
  let taken = 0
  let inFlight = 0
  let closing = false
  const isOpen = () => !closing

  const deps: CarryDeps = {
    ...options,
    target: name,
    oneByOne: isCountedByJob(target),
    slots,
    isLost: locks.isLost,
    now: options.now ?? (() => performance.now()),
    deliver: (refs, claimant) => {
      inFlight += refs.length
      return options.deliver(refs, claimant, stopping.signal).map((delivering) =>
        delivering.finally(() => {
          inFlight--
        }),
      )
    },
    isStopped: async () =>
      closing || (await isTargetPaused(queues, name)) || (await readHoldMs(queues, name)) > 0,
  }

  /**
   * A process that fell silent for longer than its locks takes them for those of a dead one when it wakes. What it has
   * in hand settles the job, and would be sent twice if it were carried again beside that.
   */
  const carryOnce = async (job: Job, jobId: string): Promise<JobEnd> => {
    if (carried.has(jobId)) return { kind: 'delay', delayMs: OWN_LOOK_MS }
    carried.add(jobId)
    try {
      return await carryJob(deps, job)
    } catch (error) {
      return failure(error, onError)
    } finally {
      carried.delete(jobId)
    }
  }

  /** Of a job that is not to be ended here any more, or cannot be. */
  const tellOf = (jobId: string, error: unknown): void => {
    if (isJobLost(error)) options.onLost(jobId)
    else onError(asError(error))
  }

  const handBack = (job: Job, token: string): Promise<unknown> =>
    job.moveToWait(token).catch((error: unknown) => {
      tellOf(job.id ?? '', error)
    })

  /** Works on a job, and on those that the queue hands over as each ends: the slot goes from one to the next. */
  const work = async (first: Job, token: string): Promise<void> => {
    for (let job: Job | undefined = first; job !== undefined;) {
      const jobId: string = job.id ?? ''
      if (!isOpen()) {
        await handBack(job, token)
        break
      }
      taken++
      locks.hold(jobId, token)
      try {
        const end = await carryOnce(job, jobId)
        failpoint('ending')
        job = await endJob(worker, job, token, end, isOpen)
        failpoint('ended')
      } catch (error) {
        // Somebody else has it: its lock was lost, or it was ended in a call whose answer was.
        tellOf(jobId, error)
        job = undefined
      } finally {
        locks.letGo(jobId, token)
      }
    }
    slots.giveBack(1)
  }

  const fetch = async (): Promise<void> => {
    for (let fetches = 0; isOpen(); fetches++) {
      await slots.takeWhenIdle()
      const token = `${worker.id}:${String(fetches)}`
      const job = await fetchJob(worker, token, 'when waiting').catch(async (error: unknown) => {
        if (isOpen()) onError(asError(error))
        await wait(FETCH_RETRY_MS, undefined, { signal: stopping.signal }).catch(() => undefined)
        return undefined
      })
      if (job !== undefined && isOpen()) {
        const done = work(job, token).finally(() => running.delete(done))
        running.add(done)
        continue
      }
      slots.giveBack(1)
      if (job !== undefined) await handBack(job, token)
      if (isOpen()) await waitOutHold(worker, queues, limiter.max, stopping.signal).catch(onError)
    }
  }
  const fetching = fetch()

  return {
    inFlight: () => inFlight,
    consumption,
    sample: async () => {
      const [depth, paused, limited] = await Promise.all([
        readQueueDepth(queues, name),
        isTargetPaused(queues, name),
        isTargetRateLimited(queues, name, limiter.max),
      ])
      consumption.observe({
        atMs: performance.now(),
        waiting: paused || limited ? 0 : depth.waiting,
        inFlight,
        concurrency: target.concurrency,
        taken,
      })
    },
    close: async (drainMs) => {
      closing = true
      const deadline = setTimeout(() => {
        stopping.abort(new Error('the worker is stopping'))
      }, drainMs)
      // Cuts the blocking read; jobs under way go on over the shared connection.
      worker.close(true).catch(onError)
      const given = new AbortController()
      const grace = wait(drainMs + CLOSE_GRACE_MS, undefined, { signal: given.signal }).catch(() => undefined)
      await Promise.race([Promise.all([...running, fetching]), grace])
      given.abort()
      clearTimeout(deadline)
      stopping.abort(new Error('the worker is stopping'))
      locks.stop()
    },
  }
}

/**
 * Fetching by hand, BullMQ neither waits while a queue is held nor looks again when the hold was lifted early: it remembers
 * when it was to end, and that the queue was empty. Its own loop waits and forgets both in the same way.
 */
async function waitOutHold(worker: Worker, queues: Queues, max: number, signal: AbortSignal): Promise<void> {
  if (Reflect.get(worker, 'limitUntil') === 0) return
  const heldMs = await readHoldMs(queues, worker.name, max)
  if (heldMs > 0) await wait(Math.min(heldMs, HELD_LOOK_MS), undefined, { signal }).catch(() => undefined)
  Reflect.set(worker, 'limitUntil', 0)
  Reflect.set(worker, 'drained', false)
}

function failure(error: unknown, onError: (error: Error) => void): JobEnd {
  const reason = asError(error)
  onError(reason)
  return { kind: 'fail', error: reason }
}

function asError(error: unknown): Error {
  return error instanceof Error ? error : new Error(String(error))
}
