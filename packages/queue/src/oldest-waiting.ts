/**
 * How long the delivery that is next in a target's queue has been ready: what its callers wait for.
 *
 * Ready since it was enqueued, since the time it was enqueued for, or since its last attempt was over, whichever was last. A
 * retry that has become due was waiting on purpose before that: with its back-off it looks older than it is, by that much.
 */
import type { Queues } from './queues.ts'

/** @param nowMs by the clock that jobs are stamped with. @returns 0 when nothing is ready */
export async function oldestWaitingAgeMs(queues: Queues, target: string, nowMs: number): Promise<number> {
  // The first of each: replays wait apart.
  const heads = await queues.of(target).getJobs(['waiting', 'prioritized'], 0, 0, true)
  const ages = heads.map(({ timestamp, opts, processedOn }) => {
    const readyAtMs = Math.max(timestamp + (opts.delay ?? 0), processedOn ?? 0)
    return nowMs - readyAtMs
  })
  return Math.max(0, ...ages)
}
