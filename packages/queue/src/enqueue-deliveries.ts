/**
 * Enqueueing: from deliveries that are recorded to jobs that workers take.
 *
 * Idempotent by job id. `Queue.addBulk` is a pipeline, not a transaction: when it throws, some jobs may be there;
 * the caller leaves the outbox entry, and the relay adds each of its deliveries by itself. One that is then in two jobs
 * is claimed by one of them at a time (packages/store, claim).
 */
import type { DeliveryRef } from '@manifold/domain'
import type { BulkJobOptions } from 'bullmq'
import { bundleIdOf, intoBundles } from './bundle.ts'
import { jobIdOf, makeBundlePayload, makePayload, type JobPayload } from './job-payload.ts'
import { DELIVERY_JOB, type Queues } from './queues.ts'

/** Jobs without a priority go first: replays yield to live traffic. */
const REPLAY_PRIORITY = 10

/** Adds a job for each delivery: one `addBulk` per target. @throws when a queue could not take all of its jobs */
export async function enqueueDeliveries(queues: Queues, refs: readonly DeliveryRef[]): Promise<void> {
  await addByTarget(queues, refs, (_target, own) => own.map((ref) => singleJob(ref)))
}

/**
 * Adds deliveries that were just accepted, as many in one job as their target allows.
 * @param sizeOf how many deliveries of a target one job may carry
 * @throws when a queue could not take all of its jobs
 */
export async function enqueueBundled(
  queues: Queues,
  refs: readonly DeliveryRef[],
  sizeOf: (target: string) => number,
): Promise<void> {
  await addByTarget(queues, refs, (target, own) =>
    intoBundles(own, sizeOf(target)).map((members) => {
      const [first] = members
      return members.length === 1 && first !== undefined ? singleJob(first) : bundleJob(members)
    }),
  )
}

/** Adds a job for a delivery of a bundle that has to wait. Does nothing when it has one already. */
export async function enqueueLater(queues: Queues, ref: DeliveryRef, delayMs: number): Promise<void> {
  await queues.of(ref.target).add('deliver', makePayload(ref), {
    ...optionsOf(ref),
    delay: Math.ceil(delayMs),
    timestamp: queues.now(),
  })
}

/** Takes a delivery's job off its queue; one that a worker has, or that travels with others, ends when it is looked at. */
export async function removeDelivery(queues: Queues, ref: DeliveryRef): Promise<void> {
  await queues.of(ref.target).remove(jobIdOf(ref))
}

type NewJob = { readonly name: string; readonly data: JobPayload; readonly opts: BulkJobOptions }

function singleJob(ref: DeliveryRef): NewJob {
  return { name: 'deliver', data: makePayload(ref), opts: optionsOf(ref) }
}

function bundleJob(refs: readonly DeliveryRef[]): NewJob {
  return {
    name: 'deliver',
    data: makeBundlePayload(refs),
    opts: { ...DELIVERY_JOB, jobId: bundleIdOf(refs) },
  }
}

function optionsOf(ref: DeliveryRef): BulkJobOptions {
  const opts = { ...DELIVERY_JOB, jobId: jobIdOf(ref) }
  return ref.generation > 1 ? { ...opts, priority: REPLAY_PRIORITY } : opts
}

async function addByTarget(
  queues: Queues,
  refs: readonly DeliveryRef[],
  jobsOf: (target: string, own: readonly DeliveryRef[]) => NewJob[],
): Promise<void> {
  await Promise.all(
    [...Map.groupBy(refs, (ref) => ref.target)].map(([target, own]) =>
      addJobs(queues, target, jobsOf(target, own)),
    ),
  )
}

async function addJobs(queues: Queues, target: string, jobs: NewJob[]): Promise<void> {
  const [first] = jobs
  // One needs no pipeline, whose making costs more than the command in it.
  if (jobs.length === 1 && first !== undefined)
    await queues.of(target).add(first.name, first.data, first.opts)
  else await queues.of(target).addBulk(jobs)
}
