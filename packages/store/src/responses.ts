/**
 * Responses: what targets answered, for those whose answers are kept (`captureResponse`).
 *
 * Owns keeping and reading them. Kept before the delivery is settled, so that an event that is settled has them all.
 */
import type { DeliveryRef } from '@manifold/domain'
import { keys } from './keys.ts'
import type { Store } from './store.ts'

export type CapturedResponse = {
  readonly contentType: string | null
  /** JSON where the answer was JSON; else text. */
  readonly body: unknown
  /** There was more of it than is kept. */
  readonly truncated: boolean
}

/** Keeps what a target answered to the latest attempt. One round trip. */
export async function keepResponse(
  store: Store,
  { eventId, target }: DeliveryRef,
  response: CapturedResponse,
): Promise<void> {
  await store.redis.hset(keys.responses(eventId), target, JSON.stringify(response))
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
