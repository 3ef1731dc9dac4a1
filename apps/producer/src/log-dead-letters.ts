/**
 * The producer's lines about dead letters, those that somebody dealt with and those that it buried itself: one for each delivery,
 * whoever asked and for how many.
 */
import type { DeliveryRef } from '@manifold/domain'
import type { Logger } from '@manifold/runtime'
import type { DeadLetter } from '@manifold/store'

/** @param replayId of the bulk replay that took it */
export function logReplayed(logger: Logger, letter: DeadLetter, ref: DeliveryRef, replayId?: string): void {
  logger.info({ ...lineOf(letter, ref), replayId }, 'replayed')
}

export function logDiscarded(logger: Logger, letter: DeadLetter, ref: DeliveryRef): void {
  logger.info(lineOf(letter, ref), 'discarded')
}

/** As the worker's line of a delivery that was not attempted. */
export function logBuried(logger: Logger, letter: DeadLetter, ref: DeliveryRef): void {
  const { status } = letter.event
  const eventStatus = status === 'pending' ? undefined : status
  logger.error({ ...lineOf(letter, ref), settlement: 'dead', eventStatus }, 'dead letter')
}

/** `reason` is why it had died; `generation` the one that is open now, or was discarded. */
function lineOf({ event, delivery }: DeadLetter, ref: DeliveryRef) {
  return {
    eventId: event.id,
    deliveryId: delivery.id,
    traceId: event.trace.traceId,
    target: ref.target,
    type: event.type,
    generation: ref.generation,
    reason: delivery.reason,
  }
}
