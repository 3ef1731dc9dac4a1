/**
 * Deliver: one attempt at each of some deliveries, from the claim, which they share, to the settlement. One line a stage.
 *
 * Owns the order of the stages. It neither talks to the queue nor waits: what is to become of the job is its answer.
 *
 * Invariants
 * 1. Nothing is sent for a delivery that has ended, that a replay has overtaken, or that is not due.
 * 2. Every request that got an answer, or that failed, is recorded before the queue hears of it.
 * 3. A crash between any two lines is repeated from the claim, under the same Idempotency-Key.
 * 4. What several processes in a row ended with is tried in one that does nothing else (alone/process.ts).
 */
import {
  decide,
  isExpired,
  type Attempt,
  type DeliveryRef,
  type Outcome,
  type RetryPolicy,
  type Settlement,
} from '@manifold/domain'
import type { Exchange } from '@manifold/delivery'
import type { Verdict } from '@manifold/queue'
import { failpoint } from '@manifold/runtime'
import {
  claimEach,
  claimDelivery,
  releaseDelivery,
  type CapturedResponse,
  type Claim,
  type ClaimResult,
  type ClaimTerms,
  type OwedEvent,
  type Settle,
  type SettleResult,
  type Store,
} from '@manifold/store'
import type { AttemptSpan, Tracing } from '@manifold/tracing'
import type { Alone } from './alone/process.ts'
import { attempt, type AttemptDeps, type Tried } from './attempt.ts'
import { SUSPECT_LOOK_MS, verdictWithoutClaim } from './verdict-without-claim.ts'

export type DeliverDeps = AttemptDeps & {
  readonly store: Store
  readonly settle: Settle
  readonly tracing: Pick<Tracing, 'startAttempt'>
  /** This process, since its start: what another one left claimed, it crashed with. */
  readonly process: string
  /** Whether this process is ending because of an error that nobody caught: what is under way then may be its cause. */
  readonly isCrashing: () => boolean
  /** How long the lock of a job lasts; it is renewed twice in that time. */
  readonly lockMs: number
  /** Tries what is suspected of ending its process. */
  readonly alone: Alone
  readonly onSuspect: (ref: DeliveryRef, crashes: number) => void
  /** In [0, 1). */
  readonly random: () => number
  readonly onSettled: (report: DeliveryReport) => void
  /** An attempt was cut short, and is somebody else's to make. */
  readonly onHandedBack: (report: HandedBack) => void
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

/** What one unit of work came to: the worker's log line and metrics are made of it. */
export type DeliveryReport = {
  readonly ref: DeliveryRef
  readonly eventType: string
  readonly traceId: string
  /** The attempt's, where it is recorded. */
  readonly spanId: string | undefined
  /** `undefined` when no request was made. */
  readonly attempt: Attempt | undefined
  /** What is told of the request and its answer, where it was not delivered. */
  readonly exchange: Exchange | undefined
  /** `undefined` when there was no request, or when somebody else's settlement stands. */
  readonly attemptNumber: number | undefined
  readonly settlement: Settlement
  readonly result: SettleResult
  /** From accept (or replay) to now. */
  readonly ageMs: number
}

/** What is told of an attempt that was cut short. */
export type HandedBack = Pick<DeliveryReport, 'ref' | 'eventType' | 'traceId' | 'spanId' | 'ageMs'> & {
  readonly why: 'stopping' | 'crashing'
  /** The number it would have been recorded under. */
  readonly attemptNumber: number
  readonly durationMs: number
}

const MAX_ERROR_LENGTH = 300

/** How much longer than an attempt a claim lasts: its settlement comes behind it. */
const CLAIM_MARGIN_MS = 5_000

/** How soon a superseded worker looks what became of the delivery. */
const SUPERSEDED_LOOK_MS = 1_000

/**
 * Attempts deliveries of one target once, each for itself.
 * @param claimant who claims them, so that work taken up after a crash need not wait for itself
 * @returns a verdict for each, in order; rejects only for a bug or a lost Redis
 */
export function deliver(
  deps: DeliverDeps,
  refs: readonly DeliveryRef[],
  claimant: string,
  stopping: AbortSignal,
): Promise<Verdict>[] {
  const claims = claimEach(deps.store, deps.target.name, refs, claimTerms(deps, claimant))
  return claims.map(async (claiming, index) => {
    const ref = refs[index]
    if (ref === undefined) throw new Error('a claim without a delivery')
    const claim = await claiming
    if (claim.kind === 'suspect') return deliverSuspect(deps, ref, claim.crashes, claimant, stopping)
    return deliverClaimed(deps, ref, claim, stopping, attempt)
  })
}

/** Tried alone, one after the other; one that has to wait keeps no slot. */
async function deliverSuspect(
  deps: DeliverDeps,
  ref: DeliveryRef,
  crashes: number,
  claimant: string,
  stopping: AbortSignal,
): Promise<Verdict> {
  const leave = deps.alone.enter()
  if (leave === undefined) return { kind: 'defer', delayMs: Math.ceil(SUSPECT_LOOK_MS * (1 + deps.random())) }
  try {
    deps.onSuspect(ref, crashes)
    const claimMs = deps.alone.longestMs + CLAIM_MARGIN_MS
    const terms = { ...claimTerms(deps, claimant), claimMs, probeMs: claimMs, takesSuspects: true }
    const claim = await claimDelivery(deps.store, ref, terms)
    return await deliverClaimed(deps, ref, claim, stopping, (_deps, ...tried) => deps.alone.attempt(...tried))
  } finally {
    leave()
  }
}

async function deliverClaimed(
  deps: DeliverDeps,
  ref: DeliveryRef,
  claim: ClaimResult,
  stopping: AbortSignal,
  tryIt: typeof attempt,
): Promise<Verdict> {
  failpoint('claimed')
  if (claim.kind !== 'claimed') return verdictWithoutClaim(deps, claim)
  const policy = policyUntilExpiry(deps.target.retry, claim)
  if (isExpired(claim.ageMs, policy))
    return settle(deps, ref, claim, NOT_TRIED, { kind: 'dead', reason: 'expired' })

  const atMs = deps.redisNow()
  const startedMs = performance.now()
  const span = deps.tracing.startAttempt(ref, claim)
  const tried = await tryIt(deps, ref, claim, stopping, span)
  failpoint('sent')
  const durationMs = Math.round(performance.now() - startedMs)
  if (tried.kind === 'interrupted' || (deps.isCrashing() && isUnanswered(tried))) {
    span.end()
    return handBack(deps, ref, claim, span.spanId, durationMs)
  }

  const settlement = decide({
    outcome: tried.outcome,
    attemptsSpent: claim.spent + 1,
    ageMs: claim.ageMs + durationMs,
    policy,
    random: deps.random(),
  })
  const attempted = describe(tried, atMs, durationMs)
  // Before it is settled: what was sent is told of even if Redis goes away now.
  span.end(attempted, settlement)
  const verdict = await settle(
    deps,
    ref,
    claim,
    {
      attempt: attempted,
      signal: tried.signal,
      response: tried.response,
      exchange: tried.exchange,
      span,
    },
    settlement,
  )
  failpoint('settled')
  return withHold(deps, verdict, claim, tried.outcome)
}

/**
 * A target that asks for patience is left alone, also where the event that it asked expires over it: for as long as a
 * delivery that does not expire would have waited.
 */
function withHold(
  { holds, target, random }: DeliverDeps,
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

/** An event that expires makes its deliveries older than they may be, whatever their target allows. */
function policyUntilExpiry(policy: RetryPolicy, { ageMs, expiresInMs }: Claim): RetryPolicy {
  if (expiresInMs === undefined) return policy
  return { ...policy, maxAgeMs: Math.min(policy.maxAgeMs, ageMs + expiresInMs) }
}

/** Ends a delivery whose job cannot be read: there is nothing to attempt. */
export async function refuse(deps: DeliverDeps, ref: DeliveryRef, error: string): Promise<Verdict> {
  const attempt: Attempt = {
    atMs: deps.redisNow(),
    durationMs: 0,
    httpStatus: null,
    outcome: 'permanent',
    reason: 'unreadable-payload',
    error: error.slice(0, MAX_ERROR_LENGTH),
  }
  // Nothing is tried, so a suspect does no harm.
  const terms = { ...claimTerms(deps, 'refuse'), takesSuspects: true }
  const claim = await claimDelivery(deps.store, ref, terms)
  if (claim.kind !== 'claimed') return verdictWithoutClaim(deps, claim)
  return settle(deps, ref, claim, { attempt, signal: 'neutral' }, { kind: 'dead', reason: 'invalid' })
}

function claimTerms({ target, process, lockMs }: DeliverDeps, claimant: string): ClaimTerms {
  const claimMs = target.timeoutMs + CLAIM_MARGIN_MS
  const { maxAgeMs } = target.retry
  return { claimant, process, claimMs, probeMs: claimMs, freshMs: lockMs / 2, maxAgeMs }
}

/** Who crashes leaves the claim as it is, so that whoever is next counts the crash. */
async function handBack(
  deps: DeliverDeps,
  ref: DeliveryRef,
  claim: Claim,
  spanId: string | undefined,
  durationMs: number,
): Promise<Verdict> {
  deps.onHandedBack({
    ref,
    eventType: claim.event.type,
    traceId: claim.trace.traceId,
    spanId,
    why: deps.isCrashing() ? 'crashing' : 'stopping',
    attemptNumber: claim.attempts + 1,
    durationMs,
    ageMs: claim.ageMs + durationMs,
  })
  if (!deps.isCrashing()) await releaseDelivery(deps.store, ref, claim.fence)
  return { kind: 'hand-back' }
}

/** Neither delivered nor refused by anybody. */
function isUnanswered(tried: Tried): boolean {
  return tried.kind === 'tried' && tried.outcome.kind !== 'delivered' && tried.httpStatus === null
}

type Trial = {
  readonly attempt: Attempt | undefined
  readonly signal: Extract<Tried, { kind: 'tried' }>['signal']
  readonly response?: CapturedResponse | undefined
  readonly exchange?: Exchange | undefined
  readonly span?: AttemptSpan
}

const NOT_TRIED: Trial = { attempt: undefined, signal: 'neutral' }

function describe(tried: Extract<Tried, { kind: 'tried' }>, atMs: number, durationMs: number): Attempt {
  const { outcome, httpStatus, error } = tried
  const attempt = { atMs, durationMs, httpStatus, outcome: outcome.kind, reason: outcome.reason }
  return error === undefined ? attempt : { ...attempt, error: error.slice(0, MAX_ERROR_LENGTH) }
}

async function settle(
  deps: DeliverDeps,
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

function verdictOf({ holds }: DeliverDeps, settlement: Settlement): Verdict {
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
