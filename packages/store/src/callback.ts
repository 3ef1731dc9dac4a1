/**
 * Callbacks that are owed: an event that has settled becomes an event of Manifold's own, for the target that calls back.
 *
 * The scripts that settle put what is owed on the outbox; here it is paid. Repeating it makes no second one.
 */
import { CALLBACKS_TARGET, callbackEventId, SETTLED_TYPE, type DeliveryRef } from '@manifold/domain'
import { readAggregate, type Aggregate } from './aggregate.ts'
import { recordEvent } from './event-record.ts'
import type { EventRecord } from './parse-event.ts'
import type { Store } from './store.ts'

/** The data of a callback's event. */
export type CallbackData = { readonly url: string; readonly event: Aggregate }

/**
 * Records the callback for the time an event settled.
 * @returns what is to be enqueued: nothing when it has been reopened since (its next end is told), or when nobody is told
 */
export async function recordCallback(
  store: Store,
  event: EventRecord,
  settledAtMs: number,
): Promise<DeliveryRef[]> {
  const { callbackUrl } = event
  if (callbackUrl === undefined || event.settledAtMs !== settledAtMs) return []
  const data: CallbackData = { url: callbackUrl, event: await readAggregate(store, event) }
  const { eventId } = await recordEvent(store, {
    event: {
      id: callbackEventId(event.id, settledAtMs, callbackUrl),
      type: SETTLED_TYPE,
      source: 'manifold',
      subject: event.id,
      time: undefined,
    },
    payload: JSON.stringify(data),
    targets: [CALLBACKS_TARGET],
    unlisted: true,
    ownId: false,
    fingerprint: '-',
    idempotencyKey: undefined,
    trace: event.trace,
  })
  return [{ eventId, target: CALLBACKS_TARGET, generation: 1 }]
}
