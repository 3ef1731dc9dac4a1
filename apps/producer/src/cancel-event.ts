/** Cancel: what nobody has attempted yet is not to be delivered. The record is changed first; the queues follow. */
import { reconcile, type Queues } from '@manifold/queue'
import { cancelEvent, readEvent, type EventRecord, type OutboxEntry, type Store } from '@manifold/store'

export type CancelAnswer =
  | { readonly kind: 'cancelled'; readonly event: EventRecord }
  /** Every delivery was attempted, is under way, or has ended. */
  | { readonly kind: 'too-late' }
  | { readonly kind: 'not-found' }
  /** A newer version of Manifold wrote the state of one that is open. */
  | { readonly kind: 'newer' }

/** Cancels every delivery of an event that was not attempted yet. One that was cancelled before answers the same again. */
export async function cancelUnattempted(
  { store, queues }: { readonly store: Store; readonly queues: Queues },
  eventId: string,
): Promise<CancelAnswer> {
  const result = await cancelEvent(store, eventId)
  if (result.kind === 'missing') return { kind: 'not-found' }
  if (result.kind === 'too-late' || result.kind === 'newer') return result
  if (result.kind === 'cancelled') {
    const entries: OutboxEntry[] = result.refs.map((ref) => ({ kind: 'delivery', ref }))
    if (result.callbackAtMs !== undefined)
      entries.push({ kind: 'callback', eventId, settledAtMs: result.callbackAtMs })
    await reconcile(store, queues, entries)
  }
  const event = await readEvent(store, eventId)
  return event === undefined ? { kind: 'not-found' } : { kind: 'cancelled', event }
}
