/** Discard: one dead letter that nobody wants any more. The record is changed first; the queue follows. */
import { reconcile, type Queues } from '@manifold/queue'
import type { Logger } from '@manifold/runtime'
import { discardDelivery, findDelivery, type Store } from '@manifold/store'
import { logDiscarded } from './log-dead-letters.ts'

export type DiscardAnswer =
  | { readonly kind: 'discarded' }
  | { readonly kind: 'not-dead'; readonly status: string }
  | { readonly kind: 'not-found' }
  /** A newer version of Manifold wrote its state. */
  | { readonly kind: 'newer' }

/** Discards a dead letter. Of a discard and a replay at once, one takes effect. */
export async function discardDeadLetter(
  deps: { readonly store: Store; readonly queues: Queues; readonly logger: Logger },
  deliveryId: string,
): Promise<DiscardAnswer> {
  const found = await findDelivery(deps.store, deliveryId)
  if (found === undefined) return { kind: 'not-found' }
  const discarded = await discardDelivery(deps.store, found.event.id, found.delivery.target)
  if (discarded.kind === 'missing') return { kind: 'not-found' }
  if (discarded.kind !== 'discarded') return discarded
  logDiscarded(deps.logger, found, discarded.ref)
  await reconcile(deps.store, deps.queues, [{ kind: 'delivery', ref: discarded.ref }])
  return { kind: 'discarded' }
}
