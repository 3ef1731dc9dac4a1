/**
 * The janitor: forgets settled events whose retention has run out, their dead-letter jobs first, so that a crash
 * in between leaves a record that is found again, never a job without a record.
 */
import { dueForForgetting, forgetEvent, readEvents, takeLease, type Store } from '@manifold/store'
import { removeDeadLetter } from './dead-letter-queue.ts'
import type { Queues } from './queues.ts'

const BATCH = 200

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
    for (const event of await readEvents(deps.store, due)) {
      for (const delivery of event?.deliveries ?? []) {
        if (delivery.status !== 'dead' || event === undefined) continue
        await removeDeadLetter(deps.queues, { ...delivery, eventId: event.id })
      }
    }
    for (const eventId of due) if (await forgetEvent(deps.store, eventId)) forgotten++
    if (due.length < BATCH) return forgotten
  }
}
