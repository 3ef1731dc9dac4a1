/**
 * The janitor: forgets settled events whose retention has run out: most of them a hundred at a time, as fast as they are
 * accepted. Those with dead letters go one by one, their dead-letter jobs first, so that a crash in between leaves a record
 * that is found again, never a job without a record.
 */
import { failpoint } from '@manifold/runtime'
import {
  dueForForgetting,
  forgetEvent,
  forgetEvents,
  readDeadDeliveries,
  takeLease,
  type Store,
} from '@manifold/store'
import { buryDelivery, removeDeadLetter } from './dead-letter-queue.ts'
import type { Queues } from './queues.ts'

/** Redis does nothing else while it forgets a batch: about a millisecond. */
const BATCH = 100

export type JanitorDeps = {
  readonly store: Store
  readonly queues: Queues
  readonly holder: string
  readonly intervalMs: number
}

/** One round. @returns how many events were forgotten */
export async function forgetDueEvents(deps: JanitorDeps): Promise<number> {
  if (!(await takeLease(deps.store, 'janitor', deps.holder, deps.intervalMs * 2))) return 0
  let forgotten = 0
  for (;;) {
    const due = await dueForForgetting(deps.store, BATCH)
    for (const [index, end] of (await forgetEvents(deps.store, due)).entries()) {
      const eventId = due[index]
      if (end === 'forgotten') forgotten++
      else if (end === 'has-dead-letters' && eventId !== undefined && (await forget(deps, eventId)))
        forgotten++
    }
    if (due.length < BATCH) return forgotten
  }
}

async function forget({ store, queues }: JanitorDeps, eventId: string): Promise<boolean> {
  const dead = await readDeadDeliveries(store, eventId)
  for (const delivery of dead) await removeDeadLetter(queues, { ...delivery, eventId })
  failpoint('forgetting')
  if (await forgetEvent(store, eventId)) return true
  // Reopened in the meantime, by a replay of another of its deliveries: the rest are dead letters still.
  for (const delivery of dead)
    await buryDelivery(store, queues, { ...delivery, eventId }, delivery.reason ?? 'invalid')
  return false
}
