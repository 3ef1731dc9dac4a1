/** Telling an operational event that no script owes: it is recorded, and put on the queues of those who subscribe to it. */
import type { OperationalEvent } from '@manifold/domain'
import { reconcile, type Queues } from '@manifold/queue'
import { randomHex } from '@manifold/runtime'
import { recordOperational, type Store, type Telling } from '@manifold/store'

export type TellDeps = {
  readonly store: Store
  readonly queues: Queues
  readonly telling: Telling
}

/** Tells it once, however often it is asked for under one id. @throws when Redis is away */
export async function tellOperational(
  { store, queues, telling }: TellDeps,
  event: OperationalEvent,
): Promise<void> {
  const refs = await recordOperational(store, telling, event, { traceId: randomHex(16), flags: '01' })
  // What cannot be put on the queues now is on the outbox.
  if (refs.length > 0) await reconcile(store, queues, [{ kind: 'event', eventId: event.id }])
}
