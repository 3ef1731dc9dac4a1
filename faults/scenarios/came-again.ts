/** What was in flight when a worker was struck, and came again: the sign that it had something in hand, and that it was taken over. */
import { TAKEOVER_MARGIN_MS } from '../oracle/policy.ts'
import type { RequestLine } from '../oracle/receiver-log.ts'
import type { Stage } from '../stage/stage.ts'

/** An outcome is so long on its way to the record, and a request to the receiver's eye. */
const AROUND_MS = 1_000

/** How many deliveries were in flight at that moment and came once more afterwards. Pure. */
export function countCameAgain(requests: readonly RequestLine[], struckMs: number): number {
  const byDelivery = Map.groupBy(requests, ({ deliveryId }) => deliveryId)
  return [...byDelivery.values()].filter((own) => {
    const inHand = own.find(
      ({ atMs, endedMs }) => atMs <= struckMs + AROUND_MS && endedMs + AROUND_MS >= struckMs,
    )
    return inHand !== undefined && own.some((other) => other !== inHand && other.atMs >= inHand.endedMs)
  }).length
}

/** Waits until something that was in flight then has come again. @throws when nothing does within what a takeover may take */
export async function untilTakenOver(stage: Stage, struckMs: number): Promise<void> {
  const limitMs = stage.policy.timeoutMs + TAKEOVER_MARGIN_MS
  await stage.until(
    'something that was in flight to be taken over',
    () => countCameAgain(stage.requests(), struckMs) > 0,
    limitMs,
  )
}
