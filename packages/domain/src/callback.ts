/**
 * The callback: an event's caller is told when it is settled. It is a delivery like any other, of an event of Manifold's own,
 * to a target of Manifold's own.
 *
 * Owns their names. What a callback says is the store's aggregate; how it is sent is packages/config's `callbacks`.
 */

/** The target of every callback. No target of a config is called like this. */
export const CALLBACKS_TARGET = 'callbacks'

/** The type of the event that a callback delivers. */
export const SETTLED_TYPE = 'event.settled'

/** Neither an event's id nor a host holds it: no caller can take a callback's id, or make one read as another host's. */
const BEFORE_HOST = '@'

/**
 * The id of a callback's event: one for each time the event settles. The host is in it, so that whoever knows the delivery knows
 * whose breaker it is.
 */
export function callbackEventId(eventId: string, settledAtMs: number, url: string): string {
  // A queue's job id holds no colon.
  const host = new URL(url).host.replaceAll(':', '~')
  return `${eventId}.settled.${String(settledAtMs)}${BEFORE_HOST}${host}`
}

/** The breaker that a delivery counts towards: its target's, or, for a callback, that of the host it goes to. */
export function breakerOf(target: string, eventId: string): string {
  if (target !== CALLBACKS_TARGET) return target
  const at = eventId.indexOf(BEFORE_HOST)
  return at === -1 ? target : `${target}/${eventId.slice(at + 1)}`
}

/** Whether an event is one of Manifold's own, made to call somebody back. */
export function isCallbackEvent(eventId: string): boolean {
  return eventId.includes(BEFORE_HOST)
}
