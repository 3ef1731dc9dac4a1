/** Reopening: a dead letter is sent back to its target, in the delivery's next generation. */
import { deliveryId, type DeliveryRef, type DeliveryStatus, type SpanContext } from '@manifold/domain'
import { runKept } from './kept-script.ts'
import { keys } from './keys.ts'
import { loadScript, replyStrings, unexpectedReply } from './script.ts'
import { CHANGE_FEED_LENGTH, type Store } from './store.ts'

const reopenScript = loadScript('reopen-delivery')

export type ReopenResult =
  | { readonly kind: 'reopened'; readonly ref: DeliveryRef }
  | { readonly kind: 'not-dead'; readonly status: DeliveryStatus }
  /** A newer version wrote its state: it is left as it is. */
  | { readonly kind: 'newer' }
  | { readonly kind: 'missing' }

/**
 * Opens a dead delivery again and puts it on the outbox. Of two callers, one reopens it.
 * @param bulk the bulk replay that counts it, and the generation it saw: a later one is not reopened
 * @param askedBy the request that wants it, where that is recorded
 */
export async function reopenDelivery(
  store: Store,
  eventId: string,
  target: string,
  bulk?: { readonly replayId: string; readonly generation: number },
  askedBy?: Pick<SpanContext, 'traceId' | 'spanId'>,
): Promise<ReopenResult> {
  const reply = replyStrings(
    reopenScript,
    // What a bulk replay reopens is nobody's answer: it is reopened again if it was not kept.
    await runKept(
      bulk === undefined ? store : { ...store, keep: undefined },
      reopenScript,
      [
        keys.event(eventId),
        keys.outbox,
        keys.deadLetters,
        keys.deadLettersOf(target),
        keys.retention,
        keys.changes,
        keys.replay(bulk?.replayId ?? 'none'),
        keys.backlog(target),
      ],
      [
        eventId,
        target,
        deliveryId(eventId, target),
        bulk === undefined ? 0 : 1,
        CHANGE_FEED_LENGTH,
        bulk?.generation ?? 0,
        askedBy === undefined ? '' : `${askedBy.traceId}/${askedBy.spanId}`,
      ],
    ),
  )
  const [kind = '', value = ''] = reply
  switch (kind) {
    case 'reopened':
      return { kind, ref: { eventId, target, generation: Number(value) } }
    case 'not-dead':
      return { kind, status: value as DeliveryStatus }
    case 'newer':
    case 'missing':
      return { kind }
    default:
      throw unexpectedReply(reopenScript, reply)
  }
}
