/**
 * Enqueueing: from deliveries that are recorded to jobs that workers take.
 *
 * Idempotent by job id. `Queue.addBulk` is a pipeline, not a transaction: when it throws, some jobs may be there;
 * the caller leaves the outbox entry, and the relay adds all of them again.
 */
import type { DeliveryRef } from '@manifold/domain'
import { jobIdOf, makePayload } from './job-payload.ts'
import { DELIVERY_JOB, type Queues } from './queues.ts'

/** Jobs without a priority go first: replays yield to live traffic. */
const REPLAY_PRIORITY = 10

/** Adds a job for each delivery: one `addBulk` per target. @throws when a queue could not take all of its jobs */
export async function enqueueDeliveries(queues: Queues, refs: readonly DeliveryRef[]): Promise<void> {
  await Promise.all(
    [...Map.groupBy(refs, (ref) => ref.target)].map(([target, own]) =>
      queues.of(target).addBulk(
        own.map((ref) => ({
          name: 'deliver',
          data: makePayload(ref),
          opts: {
            ...DELIVERY_JOB,
            jobId: jobIdOf(ref),
            ...(ref.generation > 1 ? { priority: REPLAY_PRIORITY } : {}),
          },
        })),
      ),
    ),
  )
}
