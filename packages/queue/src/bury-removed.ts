/**
 * Burying what waits for a target that is in no config any more: nobody takes its jobs, so they are looked through here.
 *
 * The record is settled first, then the dead letter is added, then the job goes: whatever is repeated after a crash finds what was done.
 */
import type { DeliveryRef } from '@manifold/domain'
import { settleDelivery, TELL_NOBODY, type Store, type Telling } from '@manifold/store'
import type { Job } from 'bullmq'
import { buryDelivery } from './dead-letter-queue.ts'
import { readPayload } from './job-payload.ts'
import type { Queues } from './queues.ts'
import { reconcileEach, type KnownEntry } from './reconcile.ts'

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

/** Where a job that nobody took may be. */
const STATES = ['wait', 'prioritized', 'delayed', 'active'] as const

/** How many jobs of each state were looked at and stay: the next ones are behind them. */
export type Passed = Readonly<Record<(typeof STATES)[number], number>>

const NONE_PASSED: Passed = { wait: 0, prioritized: 0, delayed: 0, active: 0 }

export type Burial = {
  /** How many deliveries died. */
  readonly buried: number
  /** How many jobs only a newer version can bury: they stay. */
  readonly newer: number
  readonly passed: Passed
  /** Whether there may be jobs behind those. */
  readonly more: boolean
}

export type BuryOptions = {
  /** Who gets the operational events about them; nobody by default. */
  readonly telling?: Telling
  /** Told of each, and waited for: should it fail, it is told again. */
  readonly onBuried?: (ref: DeliveryRef) => Promise<void>
  /** What the look before this one left behind; a job that moved meanwhile is for a later round. */
  readonly passed?: Passed | undefined
}

/**
 * Makes the deliveries of some of a target's jobs dead letters. A job that a worker still holds is left to it.
 * @param limit jobs looked at, at most
 */
export async function buryWaiting(
  store: Store,
  queues: Queues,
  target: string,
  limit: number,
  { telling = TELL_NOBODY, onBuried = () => Promise.resolve(), passed = NONE_PASSED }: BuryOptions = {},
): Promise<Burial> {
  const left = { ...passed }
  let buried = 0
  let newer = 0
  let looked = 0
  for (const state of STATES) {
    if (looked >= limit) break
    const from = left[state]
    const jobs = await queues.of(target).getJobs([state], from, from + limit - looked - 1, true)
    looked += jobs.length
    for (const job of jobs) {
      const end = await buryJob(store, queues, { telling, onBuried }, target, job)
      if (end.kind === 'gone') buried += end.buried
      else left[state]++
      if (end.kind === 'newer') newer++
    }
  }
  return { buried, newer, passed: left, more: looked >= limit }
}

/** `newer` and `held` stay where they are. */
type JobBurial = { readonly kind: 'gone'; readonly buried: number } | { readonly kind: 'newer' | 'held' }

async function buryJob(
  store: Store,
  queues: Queues,
  { telling, onBuried }: Required<Pick<BuryOptions, 'telling' | 'onBuried'>>,
  target: string,
  job: Job,
): Promise<JobBurial> {
  const reading = readPayload(target, job.id ?? '', job.data)
  // Only a newer version knows what is in it.
  if (reading.kind === 'newer' || reading.kind === 'unreadable-bundle') return { kind: 'newer' }
  // Held by a worker that has not ended yet: it ends the job.
  if (await isHeld(store, queues, job)) return { kind: 'held' }
  const refs = reading.kind === 'readable' ? reading.refs : reading.kind === 'unreadable' ? [reading.ref] : []
  const ends: BuryEnd[] = []
  for (const ref of refs) {
    const end = await bury(store, queues, telling, ref)
    if (end === 'buried' || end === 'buried-before') await onBuried(ref)
    ends.push(end)
  }
  if (ends.includes('newer')) return { kind: 'newer' }
  await job.remove()
  return { kind: 'gone', buried: ends.filter((end) => end === 'buried').length }
}

async function isHeld({ redis }: Store, queues: Queues, job: Job): Promise<boolean> {
  const { target, id } = { target: job.queueName, id: job.id ?? '' }
  return (await redis.exists(`${queues.of(target).toKey(id)}:lock`)) === 1
}

/** `newer`: only a newer version knows the state it is in; its job stays. */
type BuryEnd = 'buried' | 'buried-before' | 'ended-before' | 'newer'

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
  const owed: KnownEntry[] = [...(result.owed ?? [])]
  if (result.callbackAtMs !== undefined)
    owed.push({ kind: 'callback', eventId: ref.eventId, settledAtMs: result.callbackAtMs })
  // What cannot be told now is on the outbox; the relay says so.
  await reconcileEach(store, queues, owed, telling)
  return result.endedBefore ? 'buried-before' : 'buried'
}
