/** Cancelling: what nobody has attempted yet is not to be delivered any more. */
import type { DeliveryRef } from '@manifold/domain'
import { runKept } from './kept-script.ts'
import { keys } from './keys.ts'
import { loadScript, replyStrings, unexpectedReply } from './script.ts'
import { CHANGE_FEED_LENGTH, type Store } from './store.ts'

const cancelScript = loadScript('cancel-event')

export type CancelResult =
  | {
      readonly kind: 'cancelled'
      /** What was cancelled by this call. */
      readonly refs: readonly DeliveryRef[]
      /** When the event settled with it, if somebody is to be told. */
      readonly callbackAtMs: number | undefined
    }
  /** All that could be was cancelled before. */
  | { readonly kind: 'already' }
  /** Every delivery was attempted, is under way, or has ended. */
  | { readonly kind: 'too-late' }
  /** A newer version wrote the state of one that is open: all are left as they are. */
  | { readonly kind: 'newer' }
  | { readonly kind: 'missing' }

/** Cancels every delivery of an event that was not attempted yet. One round trip; repeating it is harmless. */
export async function cancelEvent(store: Store, eventId: string): Promise<CancelResult> {
  const reply = replyStrings(
    cancelScript,
    await runKept(
      store,
      cancelScript,
      [keys.event(eventId), keys.outbox, keys.retention, keys.changes],
      [
        eventId,
        store.retention.settledMs,
        store.retention.deadMs,
        CHANGE_FEED_LENGTH,
        keys.backlogPrefix,
        keys.payloadPrefix,
      ],
    ),
  )
  const [kind = '', callbackAt, ...refs] = reply
  switch (kind) {
    case 'cancelled':
      return {
        kind,
        refs: refs.map((text) => {
          const [target = '', generation] = text.split('/')
          return { eventId, target, generation: Number(generation) }
        }),
        callbackAtMs: callbackAt === '-' ? undefined : Number(callbackAt),
      }
    case 'already':
    case 'too-late':
    case 'newer':
    case 'missing':
      return { kind }
    default:
      throw unexpectedReply(cancelScript, reply)
  }
}
