/**
 * The slots of a job's deliveries: each has one of its own while it is under way, and the job lends it the first.
 *
 * Owns how many are begun at once, and when no more are. What a verdict does to the queue is its caller's.
 *
 * Invariants
 * 1. A delivery is begun only with a slot in hand, and gives it back when its verdict has been applied.
 * 2. The job has its one slot again at the end, whatever became of its deliveries: its next one takes it from there.
 * 3. An error is thrown when nothing is under way any more, and never goes unseen before.
 */
import type { DeliveryRef } from '@manifold/domain'
import type { Slots } from './slots.ts'
import type { Verdict } from './verdict.ts'

export type SlotDeps = {
  readonly slots: Slots
  /** Milliseconds of a clock that only goes forward. */
  readonly now: () => number
  /** Settles deliveries, each for itself. */
  readonly deliver: (refs: readonly DeliveryRef[], claimant: string) => Promise<Verdict>[]
  /** Whether no attempt is to be begun any more: paused, held, or this process is stopping. */
  readonly isStopped: () => Promise<boolean>
  /** Whether somebody else has the job by now: what it still carries is theirs to begin. */
  readonly isLost: (jobId: string) => boolean
}

/** A job has one slot from before it is fetched until the next one follows, and lends it to its deliveries. */
const SLOTS_OF_A_JOB = 1

/** How long a target that was seen open is taken to be so. */
const OPEN_MS = 100

/**
 * Has a job's deliveries delivered as slots come free. Once one has to be held or handed back, or somebody else has the job,
 * no more are begun.
 * @param apply what is done with a verdict as soon as it is there
 * @returns what `apply` gave; `undefined` for those that were not begun
 * @throws the first error, when all that were begun have ended
 */
export async function deliverInSlots<T>(
  deps: SlotDeps,
  jobId: string,
  refs: readonly DeliveryRef[],
  claimant: string,
  apply: (ref: DeliveryRef, verdict: Verdict) => Promise<T>,
): Promise<(T | undefined)[]> {
  const { slots } = deps
  const ends: (T | undefined)[] = refs.map(() => undefined)
  const begun: Promise<void>[] = []
  let underWay = 0
  let inHand = SLOTS_OF_A_JOB
  let openAtMs = deps.now()
  let stopped = false
  const isStopped = () => stopped || deps.isLost(jobId)
  let unseen: { readonly reason: unknown } | undefined

  const follow = async (ref: DeliveryRef, index: number, delivering: Promise<Verdict>): Promise<void> => {
    underWay++
    try {
      const verdict = await delivering
      if (isStop(verdict)) stopped = true
      ends[index] = await apply(ref, verdict)
    } finally {
      underWay--
      // The last one's slot stays with the job.
      if (underWay === 0 && inHand === 0 && begun.length === refs.length) inHand = SLOTS_OF_A_JOB
      else slots.giveBack(1)
    }
  }

  while (begun.length < refs.length && !isStopped()) {
    const wanted = refs.length - begun.length
    if (inHand > 0) {
      inHand += slots.takeFree(wanted - inHand)
    } else {
      inHand = await slots.take(wanted)
      if (isStopped()) break
      // The target was open when the job was taken; while it waited for slots somebody may have stopped it.
      if (deps.now() - openAtMs > OPEN_MS) {
        // What is under way has to end before an error may be told.
        const stop = await deps.isStopped().catch((error: unknown) => {
          unseen = { reason: error }
          return true
        })
        if (stop) break
        openAtMs = deps.now()
      }
    }
    const group = refs.slice(begun.length, begun.length + inHand)
    inHand = 0
    const first = begun.length
    for (const [index, delivering] of deps.deliver(group, claimant).entries()) {
      const ref = group[index]
      if (ref === undefined) continue
      const followed = follow(ref, first + index, delivering)
      // Looked at when all have ended. An error meanwhile has not gone unseen: it must not end the process.
      followed.catch(() => undefined)
      begun.push(followed)
    }
  }
  const results = await Promise.allSettled(begun)
  if (inHand === 0) inHand = await slots.take(SLOTS_OF_A_JOB)
  slots.giveBack(inHand - SLOTS_OF_A_JOB)
  const failed = results.find((result) => result.status === 'rejected') ?? unseen
  if (failed !== undefined) throw failed.reason
  return ends
}

/** Whether no more is to be begun behind it. */
function isStop(verdict: Verdict): boolean {
  if (verdict.kind === 'bury') return verdict.holdMs !== undefined
  return verdict.kind === 'throttle' || verdict.kind === 'hand-back'
}
