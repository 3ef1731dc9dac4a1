/**
 * Burying what waits for a target that is in no config any more: nobody takes its jobs, so they are looked through here.
 *
 * The record is settled first, then the dead letter is added, then the job goes: whatever is repeated after a crash finds what was done.
 */
import type { DeliveryRef } from '@manifold/domain'
import { settleDelivery, TELL_NOBODY, type OutboxEntry, type Store, type Telling } from '@manifold/store'
import type { Job } from 'bullmq'
import { buryDelivery } from './dead-letter-queue.ts'
import { readPayload } from './job-payload.ts'
import type { Queues } from './queues.ts'
import { reconcile } from './reconcile.ts'

const REASON = 'unknown-target'

/** A living process tells so often which targets it has in its config. */
const MAX_TELL_MS = 5_000
const MIN_TELL_MS = 20
/** A few may be lost, or late. */
const MISSED = 4

/** How often a process tells which targets it has, and for how long one must be untold of to be removed. */
export function knownTargetTimes(graceMs: number): {
  readonly tellEveryMs: number
  readonly silentMs: number
} {
  const tellEveryMs = Math.min(MAX_TELL_MS, Math.max(MIN_TELL_MS, graceMs / 10))
  return { tellEveryMs, silentMs: tellEveryMs * MISSED }
}

/**
 * Makes the deliveries of some of a target's jobs dead letters. A job that a worker still holds is left to it.
 * @param limit jobs looked at, at most
 * @param telling who gets the operational events about them
 * @returns how many deliveries died, and whether there may be more
 */
export async function buryWaiting(
  store: Store,
  queues: Queues,
  target: string,
  limit: number,
  telling: Telling = TELL_NOBODY,
): Promise<{ readonly buried: number; readonly more: boolean }> {
  const jobs = await queues
    .of(target)
    .getJobs(['wait', 'prioritized', 'delayed', 'active'], 0, limit - 1, true)
  let buried = 0
  let removed = 0
  for (const job of jobs) {
    const reading = readPayload(target, job.id ?? '', job.data)
    // Only a newer version knows what is in it.
    if (reading.kind === 'newer' || reading.kind === 'unreadable-bundle') continue
    // Held by a worker that has not ended yet: it ends the job.
    if (await isHeld(store, queues, job)) continue
    const refs =
      reading.kind === 'readable' ? reading.refs : reading.kind === 'unreadable' ? [reading.ref] : []
    const ends: BuryEnd[] = []
    for (const ref of refs) ends.push(await bury(store, queues, telling, ref))
    buried += ends.filter((end) => end === 'buried').length
    if (ends.includes('newer')) continue
    await job.remove()
    removed++
  }
  return { buried, more: removed > 0 && jobs.length >= limit }
}

async function isHeld({ redis }: Store, queues: Queues, job: Job): Promise<boolean> {
  const { target, id } = { target: job.queueName, id: job.id ?? '' }
  return (await redis.exists(`${queues.of(target).toKey(id)}:lock`)) === 1
}

/** `newer`: only a newer version knows the state it is in; its job stays. */
type BuryEnd = 'buried' | 'ended-before' | 'newer'

async function bury(store: Store, queues: Queues, telling: Telling, ref: DeliveryRef): Promise<BuryEnd> {
  const dead = {
    ref,
    fence: undefined,
    settlement: { kind: 'dead', reason: REASON },
    attempt: undefined,
  } as const
  const result = await settleDelivery(store, dead, undefined, telling.heard)
  if (result.kind === 'newer') return 'newer'
  if (result.kind !== 'applied') return 'ended-before'
  await buryDelivery(store, queues, ref, REASON)
  const owed: OutboxEntry[] = [...(result.owed ?? [])]
  if (result.callbackAtMs !== undefined)
    owed.push({ kind: 'callback', eventId: ref.eventId, settledAtMs: result.callbackAtMs })
  await reconcile(store, queues, owed, telling)
  return result.endedBefore ? 'ended-before' : 'buried'
}
