/**
 * Deliver: one attempt at each of some deliveries, from the claim, which they share, to the settlement. One line a stage.
 *
 * Owns the order of the stages. It neither talks to the queue nor waits: what is to become of the job is its answer, a verdict
 * (settle-attempt.ts, verdict-without-claim.ts).
 *
 * Invariants
 * 1. Nothing is sent for a delivery that has ended, that a replay has overtaken, or that is not due.
 * 2. Every request that got an answer, or that failed, is recorded before the queue hears of it.
 * 3. A crash between any two lines is repeated from the claim, under the same Idempotency-Key.
 * 4. What several processes in a row ended with is tried in one that does nothing else (alone/process.ts).
 */
import { decide, isExpired, type Attempt, type DeliveryRef, type RetryPolicy } from '@manifold/domain'
import type { Verdict } from '@manifold/queue'
import { failpoint } from '@manifold/runtime'
import {
  claimEach,
  claimDelivery,
  releaseDelivery,
  type Claim,
  type ClaimResult,
  type ClaimTerms,
  type Store,
} from '@manifold/store'
import type { Tracing } from '@manifold/tracing'
import type { Alone } from './alone/process.ts'
import { attempt, type AttemptDeps, type Tried } from './attempt.ts'
import type { HandedBack } from './delivery-report.ts'
import { NOT_TRIED, settle, withHold, type SettleDeps } from './settle-attempt.ts'
import { SUSPECT_LOOK_MS, verdictWithoutClaim } from './verdict-without-claim.ts'

export type DeliverDeps = AttemptDeps &
  SettleDeps & {
    readonly store: Store
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
    /** An attempt was cut short, and is somebody else's to make. */
    readonly onHandedBack: (report: HandedBack) => void
  }

const MAX_ERROR_LENGTH = 300

/** How much longer than an attempt a claim lasts: its settlement comes behind it. */
const CLAIM_MARGIN_MS = 5_000

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

function describe(tried: Extract<Tried, { kind: 'tried' }>, atMs: number, durationMs: number): Attempt {
  const { outcome, httpStatus, error } = tried
  const attempt = { atMs, durationMs, httpStatus, outcome: outcome.kind, reason: outcome.reason }
  return error === undefined ? attempt : { ...attempt, error: error.slice(0, MAX_ERROR_LENGTH) }
}
