/**
 * Carrying a job: has each of its deliveries delivered, and makes the queue agree with what came of them.
 *
 * Owns the translation of verdicts into BullMQ calls; decides nothing about deliveries. How many of a job's deliveries are under way
 * at once is deliver-in-slots.ts.
 *
 * Invariants
 * 1. The event record is settled before a verdict is applied: whatever happens here can be repeated from the record.
 * 2. A job ends only when each of its deliveries has ended or has a job of its own.
 * 3. A dead letter is on its queue before the delivery's job goes.
 * 4. Deferring and handing back cost no attempt, neither here nor in the record.
 */
import type { DeliveryRef } from '@manifold/domain'
import type { Store } from '@manifold/store'
import { UnrecoverableError, type Job } from 'bullmq'
import { buryDelivery, removeDeadLetter } from './dead-letter-queue.ts'
import { deliverInSlots, type SlotDeps } from './deliver-in-slots.ts'
import type { JobEnd } from './end-job.ts'
import { enqueueDeliveries, enqueueLater } from './enqueue-deliveries.ts'
import { jobIdOf, makeBundlePayload, readPayload } from './job-payload.ts'
import { isJobLost } from './lost-job.ts'
import type { Queues } from './queues.ts'
import { RetryLater } from './retry-later.ts'
import { holdTarget } from './target-queue.ts'
import type { Verdict } from './verdict.ts'

export type CarryDeps = SlotDeps & {
  readonly target: string
  /** Whether BullMQ must see each delivery as a job of its own, to count it. */
  readonly oneByOne: boolean
  readonly store: Store
  readonly queues: Queues
  /** Settles a delivery whose job cannot be read. */
  readonly refuse: (ref: DeliveryRef, error: string) => Promise<Verdict>
  /** What a newer version wrote was met, and left for its workers. */
  readonly onNewer: (entry: string) => void
  readonly onError: (error: Error) => void
}

const COMPLETE: JobEnd = { kind: 'complete' }
const BACK: JobEnd = { kind: 'back' }

/**
 * How long what only another version can read waits for a worker that can: longer each time, as there may be many of them
 * beside what this worker is there for.
 */
const NEWER_DELAY_MS = 500
const MAX_NEWER_DELAY_MS = 30_000

/** Enough of a job's id to tell two jobs of one delivery apart. */
const CLAIMANT_LENGTH = 12

/** The job's one slot is the caller's, before and after. @throws for a bug or a lost Redis; the job is then to be tried again */
export async function carryJob(deps: CarryDeps, job: Job): Promise<JobEnd> {
  const jobId = job.id ?? ''
  const reading = readPayload(deps.target, jobId, job.data)
  if ('error' in reading) deps.onError(new Error(reading.error))
  switch (reading.kind) {
    case 'readable': {
      const claimant = jobId.slice(-CLAIMANT_LENGTH)
      const [first] = reading.refs
      if (reading.refs.length > 1 || first === undefined)
        return carryBundle(deps, job, reading.refs, claimant)
      return carryOne(deps, job, first, claimant)
    }
    case 'newer':
      return leaveToNewer(deps, job)
    case 'unreadable':
      return endOfOne(deps, job, reading.ref, await deps.refuse(reading.ref, reading.error))
    case 'unreadable-bundle':
      return { kind: 'delay', delayMs: newerDelayMs(job) }
    case 'foreign':
      return COMPLETE
    default:
      return reading satisfies never
  }
}

/** No attempt, neither here nor in the record. */
function leaveToNewer({ onNewer }: CarryDeps, job: Job): JobEnd {
  onNewer(job.id ?? '')
  return { kind: 'delay', delayMs: newerDelayMs(job) }
}

function newerDelayMs({ attemptsStarted }: Job): number {
  return Math.min(MAX_NEWER_DELAY_MS, NEWER_DELAY_MS * 2 ** Math.max(0, attemptsStarted - 1))
}

async function carryOne(deps: CarryDeps, job: Job, ref: DeliveryRef, claimant: string): Promise<JobEnd> {
  const [verdict] = await deliverInSlots(deps, job.id ?? '', [ref], claimant, (_ref, settled) =>
    Promise.resolve(settled),
  )
  return endOfOne(deps, job, ref, verdict ?? { kind: 'hand-back' })
}

/** The job is the delivery: what becomes of one becomes of the other. */
async function endOfOne(deps: CarryDeps, job: Job, ref: DeliveryRef, verdict: Verdict): Promise<JobEnd> {
  switch (verdict.kind) {
    case 'finish':
      return COMPLETE
    case 'drop':
      await removeDeadLetter(deps.queues, ref)
      return COMPLETE
    case 'retry':
      return { kind: 'fail', error: new RetryLater(verdict.delayMs) }
    case 'defer':
      return { kind: 'delay', delayMs: verdict.delayMs }
    case 'throttle':
      await holdTarget(deps.queues, deps.target, verdict.delayMs)
      return BACK
    case 'newer':
      return leaveToNewer(deps, job)
    case 'hand-back':
      return BACK
    case 'bury':
      if (verdict.holdMs !== undefined) await holdTarget(deps.queues, deps.target, verdict.holdMs)
      await buryDelivery(deps.store, deps.queues, ref, verdict.reason)
      return { kind: 'fail', error: new UnrecoverableError(verdict.reason) }
    default:
      return verdict satisfies never
  }
}

async function carryBundle(
  deps: CarryDeps,
  job: Job,
  refs: readonly DeliveryRef[],
  claimant: string,
): Promise<JobEnd> {
  if (deps.oneByOne) {
    await enqueueDeliveries(deps.queues, refs)
    return COMPLETE
  }
  const ends = await deliverInSlots(deps, job.id ?? '', refs, claimant, (ref, verdict) =>
    endOfMember(deps, ref, verdict),
  )
  const staying = refs.filter((_ref, index) => ends[index] !== 'gone')
  if (staying.length === 0) return COMPLETE
  if (staying.length < refs.length && !deps.isLost(job.id ?? '')) await keepOnly(job, staying)
  return BACK
}

/** A job that is no longer this worker's is told of where it ends; whoever has it now finds in the record what was done. */
async function keepOnly(job: Job, staying: readonly DeliveryRef[]): Promise<void> {
  try {
    await job.updateData(makeBundlePayload(staying))
  } catch (error) {
    if (!isJobLost(error)) throw error
  }
}

/** A delivery of a bundle is done with, or leaves for a job of its own, or stays with the bundle. */
async function endOfMember(
  { store, queues, target, onNewer }: CarryDeps,
  ref: DeliveryRef,
  verdict: Verdict,
): Promise<'gone' | 'stays'> {
  switch (verdict.kind) {
    case 'finish':
      return 'gone'
    case 'drop':
      await removeDeadLetter(queues, ref)
      return 'gone'
    case 'retry':
    case 'defer':
      await enqueueLater(queues, ref, verdict.delayMs)
      return 'gone'
    case 'newer':
      onNewer(jobIdOf(ref))
      await enqueueLater(queues, ref, NEWER_DELAY_MS)
      return 'gone'
    case 'throttle':
      await holdTarget(queues, target, verdict.delayMs)
      return 'stays'
    case 'hand-back':
      return 'stays'
    case 'bury':
      if (verdict.holdMs !== undefined) await holdTarget(queues, target, verdict.holdMs)
      await buryDelivery(store, queues, ref, verdict.reason)
      return 'gone'
    default:
      return verdict satisfies never
  }
}
