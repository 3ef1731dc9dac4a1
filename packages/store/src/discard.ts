/** Discarding: a dead letter that nobody wants delivered any more. */
import { deliveryId, type DeliveryRef, type DeliveryStatus } from '@manifold/domain'
import { runKept } from './kept-script.ts'
import { keys } from './keys.ts'
import { loadScript, replyStrings, unexpectedReply } from './script.ts'
import { CHANGE_FEED_LENGTH, type Store } from './store.ts'

const discardScript = loadScript('discard-delivery')

export type DiscardResult =
  | { readonly kind: 'discarded'; readonly ref: DeliveryRef }
  | { readonly kind: 'not-dead'; readonly status: DeliveryStatus }
  /** A newer version wrote its state: it is left as it is. */
  | { readonly kind: 'newer' }
  | { readonly kind: 'missing' }

/** Makes a dead delivery `discarded`, and leaves it on the outbox until its job has left the dead-letter queue. */
export async function discardDelivery(store: Store, eventId: string, target: string): Promise<DiscardResult> {
  const reply = replyStrings(
    discardScript,
    await runKept(
      store,
      discardScript,
      [
        keys.event(eventId),
        keys.outbox,
        keys.deadLetters,
        keys.deadLettersOf(target),
        keys.retention,
        keys.changes,
      ],
      [
        eventId,
        target,
        deliveryId(eventId, target),
        store.retention.settledMs,
        store.retention.deadMs,
        CHANGE_FEED_LENGTH,
        keys.payloadPrefix,
      ],
    ),
  )
  const [kind = '', value = ''] = reply
  switch (kind) {
    case 'discarded':
      return { kind, ref: { eventId, target, generation: Number(value) } }
    case 'not-dead':
      return { kind, status: value as DeliveryStatus }
    case 'newer':
    case 'missing':
      return { kind }
    default:
      throw unexpectedReply(discardScript, reply)
  }
}
