/**
 * The backlog: how many deliveries of a target have not ended, by where they are.
 *
 * The scripts that move a delivery count it in the same step, so that the counts agree with the records after every
 * crash. They count deliveries, whatever the queues carry them in.
 */
import { keys } from './keys.ts'
import type { Store } from './store.ts'

export type Backlog = {
  /** Accepted or replayed, and not attempted yet. */
  readonly waiting: number
  /** To be attempted again: retries and deferred ones. */
  readonly delayed: number
  /** Claimed by a worker, which may have died since. */
  readonly inFlight: number
}

export async function readBacklog(store: Store, target: string): Promise<Backlog> {
  const [waiting, delayed, inFlight] = await store.redis.hmget(
    keys.backlog(target),
    'waiting',
    'delayed',
    'inFlight',
  )
  return readBacklogCounts([waiting, delayed, inFlight])
}

/** @param counts of those waiting, delayed and in flight, as Redis gives them */
export function readBacklogCounts([waiting, delayed, inFlight]: readonly unknown[]): Backlog {
  return { waiting: Number(waiting ?? 0), delayed: Number(delayed ?? 0), inFlight: Number(inFlight ?? 0) }
}
