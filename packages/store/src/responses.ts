/**
 * Responses: what targets answered, for those whose answers are kept (`captureResponse`).
 *
 * Owns their form, and reading them. They are kept by the settlement that they led to (settle.ts), so that an event that is settled
 * has them all, and what a superseded worker was answered is not taken for the answer that counts.
 */
import { keys } from './keys.ts'
import type { Store } from './store.ts'

export type CapturedResponse = {
  readonly contentType: string | null
  /** JSON where the answer was JSON; else text. */
  readonly body: unknown
  /** There was more of it than is kept. */
  readonly truncated: boolean
}

/** What the event's targets answered, by target. */
export async function readResponses(
  store: Store,
  eventId: string,
): Promise<ReadonlyMap<string, CapturedResponse>> {
  const fields = await store.redis.hgetall(keys.responses(eventId))
  // We wrote them.
  return new Map(
    Object.entries(fields).map(([target, text]) => [target, JSON.parse(text) as CapturedResponse]),
  )
}
