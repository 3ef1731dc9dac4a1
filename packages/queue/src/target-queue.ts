/** A target's queue as an operator sees it: how full it is, and whether it is stopped. */
import type { Queues } from './queues.ts'

export type QueueDepth = {
  /** Ready to be attempted. */
  readonly waiting: number
  /** Waiting for their time: retries and deferred ones. */
  readonly delayed: number
  readonly inFlight: number
  readonly dead: number
}

/** Counts a target's queues. One round trip for each of the two. */
export async function readQueueDepth(queues: Queues, target: string): Promise<QueueDepth> {
  const [counts, dead] = await Promise.all([
    queues.of(target).getJobCounts('wait', 'prioritized', 'delayed', 'active'),
    queues.deadOf(target).getJobCounts('wait'),
  ])
  return {
    waiting: (counts['wait'] ?? 0) + (counts['prioritized'] ?? 0),
    delayed: counts['delayed'] ?? 0,
    inFlight: counts['active'] ?? 0,
    dead: dead['wait'] ?? 0,
  }
}

/** Stops all workers of the target from starting attempts; those under way finish. Nothing is lost while paused. */
export async function pauseTarget(queues: Queues, target: string): Promise<void> {
  await queues.of(target).pause()
}

/** Lets workers go on where they stopped. */
export async function resumeTarget(queues: Queues, target: string): Promise<void> {
  await queues.of(target).resume()
}

/** Whether an operator, or a 410, stopped the target. */
export async function isTargetPaused(queues: Queues, target: string): Promise<boolean> {
  return queues.of(target).isPaused()
}

/**
 * Whether the target's rate limit, or a hold, keeps its workers back at this moment.
 * @param max attempts that its limiter lets through; BullMQ counts them in the same place where it notes a hold
 */
export async function isTargetRateLimited(queues: Queues, target: string, max: number): Promise<boolean> {
  return (await readHoldMs(queues, target, max)) > 0
}

/** What BullMQ sets the counter of attempts to while it holds a queue. */
const HELD = Number.MAX_SAFE_INTEGER

/** Lets no worker of the target start an attempt for so long. A longer hold that is in force stays. */
export async function holdTarget(queues: Queues, target: string, forMs: number): Promise<void> {
  const queue = queues.of(target)
  if ((await readHoldMs(queues, target)) < forMs) await queue.rateLimit(Math.ceil(forMs))
}

/**
 * For how long the target's workers are kept back; 0 when they are not.
 * @param max attempts that its rate limit lets through, to ask about that as well; without it only a hold counts
 */
export async function readHoldMs(queues: Queues, target: string, max = HELD): Promise<number> {
  return Math.max(0, await queues.of(target).getRateLimitTtl(max))
}

/** Ends a hold. */
export async function releaseTarget(queues: Queues, target: string): Promise<void> {
  await queues.of(target).removeRateLimitKey()
}

/** Bounds the attempts under way over all workers; `undefined` lifts the bound. */
export async function limitTargetConcurrency(
  queues: Queues,
  target: string,
  max: number | undefined,
): Promise<void> {
  if (max === undefined) await queues.of(target).removeGlobalConcurrency()
  else await queues.of(target).setGlobalConcurrency(max)
}
