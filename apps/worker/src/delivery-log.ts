/** The log lines of a worker's deliveries: one wide line for each attempt, and one for each change of a breaker. */
import { breakerOf, deliveryId, type Target } from '@manifold/domain'
import type { Logger } from '@manifold/runtime'
import type { DeliveryReport, HandedBack } from './delivery-report.ts'

/** One line for each change of the breaker. */
export function logBreaker(logger: Logger, target: Target, { ref, result, attempt }: DeliveryReport): void {
  if (result.kind !== 'applied' || result.breaker === undefined) return
  const line = {
    target: target.name,
    breaker: breakerOf(target.name, ref.eventId),
    reason: attempt?.reason,
  }
  if (result.breaker === 'opened') {
    logger.error(
      { ...line, openMs: target.breaker.openMs },
      'breaker opened: nothing is attempted until a probe',
    )
  } else {
    logger.info(line, 'breaker closed: the probe was delivered')
  }
}

/** The one of an attempt that was cut short: what it had sent may have arrived. */
export function logHandedBack(logger: Logger, { ref, why, ...report }: HandedBack): void {
  const line = {
    eventId: ref.eventId,
    deliveryId: deliveryId(ref.eventId, ref.target),
    traceId: report.traceId,
    spanId: report.spanId,
    target: ref.target,
    type: report.eventType,
    generation: ref.generation,
    attempt: report.attemptNumber,
    reason: why,
    durationMs: report.durationMs,
    ageMs: report.ageMs,
  }
  logger.info(line, 'handed back')
}

/** The one wide line of an attempt. */
export function logDelivery(logger: Logger, report: DeliveryReport): void {
  const { ref, attempt, settlement, result } = report
  const line = {
    eventId: ref.eventId,
    deliveryId: deliveryId(ref.eventId, ref.target),
    traceId: report.traceId,
    spanId: report.spanId,
    target: ref.target,
    type: report.eventType,
    generation: ref.generation,
    attempt: report.attemptNumber,
    outcome: attempt?.outcome,
    reason: settlement.kind === 'dead' ? settlement.reason : attempt?.reason,
    httpStatus: attempt?.httpStatus ?? undefined,
    error: attempt?.error,
    // Of failures alone: a line about a success stays short.
    ...report.exchange,
    durationMs: attempt?.durationMs,
    ageMs: report.ageMs,
    settlement: settlement.kind,
    nextInMs: settlement.kind === 'retry' || settlement.kind === 'defer' ? settlement.delayMs : undefined,
    applied: unchangedBecause(result),
    eventStatus:
      result.kind === 'applied' && !result.endedBefore && result.eventStatus !== 'pending'
        ? result.eventStatus
        : undefined,
  }
  switch (settlement.kind) {
    case 'delivered':
      logger.info(line, 'delivered')
      return
    case 'retry':
      logger.warn(line, 'will retry')
      return
    case 'defer':
      logger.warn(line, 'deferred')
      return
    case 'dead':
      logger.error(line, 'dead letter')
      return
    default:
      settlement satisfies never
  }
}

function unchangedBecause(result: DeliveryReport['result']): string | undefined {
  if (result.kind !== 'applied') return result.kind
  return result.endedBefore ? 'ended-before' : undefined
}
