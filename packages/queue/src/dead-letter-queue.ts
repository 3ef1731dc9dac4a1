/**
 * The dead-letter queue of a target: a job per dead delivery, under the same id as the delivery's job.
 *
 * Adding and removing can be repeated. The event record is the judge of what is dead; the queue shows it to every tool
 * that can look at BullMQ queues.
 */
import type { DeadReason, DeliveryRef } from '@manifold/domain'
import { failpoint } from '@manifold/runtime'
import { readDeadDeliveries, type Store } from '@manifold/store'
import { jobIdOf, makePayload } from './job-payload.ts'
import type { Queues } from './queues.ts'

/** Puts a delivery on its target's dead-letter queue; once, however often it is called. */
export async function addDeadLetter(queues: Queues, ref: DeliveryRef, reason: DeadReason): Promise<void> {
  await queues.deadOf(ref.target).add('dead-letter', { ...makePayload(ref), reason }, { jobId: jobIdOf(ref) })
}

/**
 * Adds a dead letter behind its settlement. Between the two somebody may have replayed or discarded it, and found no
 * job to remove: so look again after adding.
 */
export async function buryDelivery(
  store: Store,
  queues: Queues,
  ref: DeliveryRef,
  reason: DeadReason,
): Promise<void> {
  failpoint('burying')
  await addDeadLetter(queues, ref, reason)
  failpoint('buried')
  const dead = await readDeadDeliveries(store, ref.eventId)
  if (!dead.some((one) => one.target === ref.target && one.generation === ref.generation))
    await removeDeadLetter(queues, ref)
}

/** Takes one generation of a delivery off the dead-letter queue, if it is there. */
export async function removeDeadLetter(queues: Queues, ref: DeliveryRef): Promise<void> {
  await queues.deadOf(ref.target).remove(jobIdOf(ref))
}

/** Ids of the deliveries on the dead-letter queue as `<eventId>.<generation>`, oldest first. */
export async function deadLetterJobIds(queues: Queues, target: string): Promise<string[]> {
  const jobs = await queues.deadOf(target).getWaiting(0, -1)
  return jobs.flatMap((job) => (job.id === undefined ? [] : [job.id]))
}
