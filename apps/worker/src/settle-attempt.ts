/**
 * Settling: an attempt and what was decided after it become the delivery's state, and a verdict about its job.
 *
 * Owns what is told of a settlement, and to whom. What is decided is the domain's; what a verdict does is the queue's.
 */
import type { Exchange } from '@manifold/delivery'
import {
  decide,
  type Attempt,
  type DeliveryRef,
  type Outcome,
  type Settlement,
  type Target,
} from '@manifold/domain'
import type { Verdict } from '@manifold/queue'
import type { CapturedResponse, Claim, OwedEvent, Settle } from '@manifold/store'
import type { AttemptSpan } from '@manifold/tracing'
import type { Tried } from './attempt.ts'
import type { DeliveryReport } from './delivery-report.ts'

export type SettleDeps = {
  readonly target: Target
  readonly settle: Settle
  /** In [0, 1). */
  readonly random: () => number
  readonly onSettled: (report: DeliveryReport) => void
  /** The event has settled, and its caller is to be told. */
  readonly onCallbackOwed: (eventId: string, settledAtMs: number) => void
  /** Something happened that targets may have subscribed to. */
  readonly onOwed: (owed: readonly OwedEvent[]) => void
  /**
   * What an answer that asks for patience, an open breaker or a 410 is about: the target, or, where every delivery has a host
   * of its own, that delivery alone.
   */
  readonly holds: 'target' | 'delivery'
  /** The target said that it is gone. */
  readonly onGone: () => Promise<void>
}

/** What there is to settle: an attempt and what came with it, or none. */
export type Trial = {
  readonly attempt: Attempt | undefined
  readonly signal: Extract<Tried, { kind: 'tried' }>['signal']
  readonly response?: CapturedResponse | undefined
  readonly exchange?: Exchange | undefined
  readonly span?: AttemptSpan
}

export const NOT_TRIED: Trial = { attempt: undefined, signal: 'neutral' }

/** How soon a superseded worker looks what became of the delivery. */
const SUPERSEDED_LOOK_MS = 1_000

/** Settles a claimed delivery, and tells of it. @returns what is to become of its job */
export async function settle(
  deps: SettleDeps,
  ref: DeliveryRef,
  claim: Claim,
  { attempt, signal, response, exchange, span }: Trial,
  settlement: Settlement,
): Promise<Verdict> {
  const result = await deps.settle({ ref, fence: claim.fence, settlement, attempt, signal, response })
  deps.onSettled({
    ref,
    eventType: claim.event.type,
    traceId: claim.trace.traceId,
    spanId: span?.spanId,
    attempt,
    exchange,
    attemptNumber: result.kind === 'applied' ? result.attemptNumber : undefined,
    settlement,
    result,
    ageMs: claim.ageMs + (attempt?.durationMs ?? 0),
  })
  if (result.kind === 'applied' && result.callbackAtMs !== undefined)
    deps.onCallbackOwed(ref.eventId, result.callbackAtMs)
  // Somebody else's by now. While they work on it, this entry may be the only one that is left: look again.
  if (result.kind === 'superseded') return { kind: 'defer', delayMs: SUPERSEDED_LOOK_MS }
  if (result.kind === 'newer') return { kind: 'newer' }
  if (result.kind !== 'applied') return { kind: 'finish' }
  if (settlement.kind === 'dead' && settlement.reason === 'gone' && deps.holds === 'target')
    await deps.onGone()
  if (result.owed !== undefined) deps.onOwed(result.owed)
  return verdictOf(deps, settlement)
}

function verdictOf({ holds }: SettleDeps, settlement: Settlement): Verdict {
  switch (settlement.kind) {
    case 'delivered':
      return { kind: 'finish' }
    case 'retry':
      return settlement
    case 'defer':
      return { kind: holds === 'target' ? 'throttle' : 'defer', delayMs: settlement.delayMs }
    case 'dead':
      return { kind: 'bury', reason: settlement.reason }
    default:
      return settlement satisfies never
  }
}

/**
 * A target that asks for patience is left alone, also where the event that it asked expires over it: for as long as a
 * delivery that does not expire would have waited.
 */
export function withHold(
  { holds, target, random }: Pick<SettleDeps, 'holds' | 'target' | 'random'>,
  verdict: Verdict,
  claim: Claim,
  outcome: Outcome,
): Verdict {
  if (verdict.kind !== 'bury' || outcome.kind !== 'throttled' || holds !== 'target') return verdict
  const { spent, ageMs } = claim
  const otherwise = decide({
    outcome,
    attemptsSpent: spent + 1,
    ageMs,
    policy: target.retry,
    random: random(),
  })
  return otherwise.kind === 'defer' ? { ...verdict, holdMs: otherwise.delayMs } : verdict
}
