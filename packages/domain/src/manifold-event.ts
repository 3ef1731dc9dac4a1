/**
 * Events of Manifold's own: callbacks and operational events. No caller sent them, and they tell of events of any type: who may
 * see some types only sees none of them, whatever patterns it has.
 */
import { isCallbackEvent } from './callback.ts'
import { isOperationalEvent } from './operational-event.ts'

/** Whether Manifold made an event itself. */
export function isManifoldEvent(eventId: string): boolean {
  return isCallbackEvent(eventId) || isOperationalEvent(eventId)
}
