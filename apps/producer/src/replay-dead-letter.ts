/** Replay: one dead letter goes back to its target. The record is reopened first; the queues follow. */
import type { DeliveryRef, SpanContext } from '@manifold/domain'
import { reconcile, type Queues } from '@manifold/queue'
import type { Logger } from '@manifold/runtime'
import { findDelivery, reopenDelivery, type Store } from '@manifold/store'
import { logReplayed } from './log-dead-letters.ts'

export type ReplayAnswer =
  | { readonly kind: 'replayed'; readonly ref: DeliveryRef; readonly traceId: string }
  | { readonly kind: 'not-dead'; readonly status: string }
  | { readonly kind: 'not-found' }
  /** A newer version of Manifold wrote its state. */
  | { readonly kind: 'newer' }
  /** Its target is no longer in the config: nobody would deliver it. */
  | { readonly kind: 'unknown-target'; readonly target: string }

export type ReplayDeps = {
  readonly store: Store
  readonly queues: Queues
  readonly targets: readonly { readonly name: string }[]
  readonly logger: Logger
}

/**
 * Replays a dead letter. Of two callers at once, one replays it and the other is told that it is not dead.
 * @param askedBy the request, where it is recorded
 */
export async function replayDeadLetter(
  deps: ReplayDeps,
  deliveryId: string,
  askedBy?: SpanContext,
): Promise<ReplayAnswer> {
  const found = await findDelivery(deps.store, deliveryId)
  if (found === undefined) return { kind: 'not-found' }
  const { target } = found.delivery
  if (!deps.targets.some((one) => one.name === target)) return { kind: 'unknown-target', target }
  const reopened = await reopenDelivery(deps.store, found.event.id, target, undefined, askedBy)
  if (reopened.kind === 'missing') return { kind: 'not-found' }
  if (reopened.kind !== 'reopened') return reopened
  logReplayed(deps.logger, found, reopened.ref)
  await reconcile(deps.store, deps.queues, [{ kind: 'delivery', ref: reopened.ref }])
  return { kind: 'replayed', ref: reopened.ref, traceId: found.event.trace.traceId }
}
