/**
 * Deliver: one attempt at one delivery, from the claim to the settlement. One line a stage.
 *
 * Owns the order of the stages. It neither talks to the queue nor waits: what is to become of the job is its answer.
 *
 * Invariants
 * 1. Nothing is sent for a delivery that has ended, that a replay has overtaken, or that is not due.
 * 2. Every request that got an answer, or that failed, is recorded before the queue hears of it.
 * 3. A crash between any two lines is repeated from the claim, under the same Idempotency-Key.
 */
import { randomBytes } from 'node:crypto'
import { authenticate, classify, render, type Sender } from '@manifold/delivery'
import {
  decide,
  deliveryId,
  isExpired,
  type Attempt,
  type DeliveryRef,
  type Outcome,
  type OutgoingRequest,
  type Settlement,
  type Target,
} from '@manifold/domain'
import type { Verdict } from '@manifold/queue'
import {
  claimDelivery,
  settleDelivery,
  type Claim,
  type ClaimResult,
  type SettleResult,
  type Store,
} from '@manifold/store'
import type { Failpoint } from '@manifold/runtime'

export type DeliverDeps = {
  readonly store: Store
  readonly target: Target
  readonly sender: Sender
  readonly userAgent: string
  readonly now: () => number
  readonly random: () => number
  readonly failpoint: Failpoint
  readonly onSettled: (report: DeliveryReport) => void
}

/** What one unit of work came to: the worker's log line and metrics are made of it. */
export type DeliveryReport = {
  readonly ref: DeliveryRef
  readonly eventType: string
  /** `undefined` when no request was made. */
  readonly attempt: Attempt | undefined
  readonly attemptNumber: number
  readonly settlement: Settlement
  readonly result: SettleResult
  /** From accept (or replay) to now. */
  readonly ageMs: number
}

const MAX_ERROR_LENGTH = 300

/** Attempts a delivery once. @throws only for a bug or a lost Redis */
export async function deliver(deps: DeliverDeps, ref: DeliveryRef, signal: AbortSignal): Promise<Verdict> {
  const claim = await claimDelivery(deps.store, ref)
  deps.failpoint('claimed')
  if (claim.kind !== 'claimed') return verdictWithoutClaim(claim)
  if (isExpired(claim.ageMs, deps.target.retry))
    return settle(deps, ref, claim, undefined, { kind: 'dead', reason: 'expired' })

  const startedAtMs = deps.now()
  const tried = await attempt(deps, ref, claim, signal)
  deps.failpoint('sent')
  if (tried.kind === 'interrupted') return { kind: 'hand-back' }

  const durationMs = deps.now() - startedAtMs
  const settlement = decide({
    outcome: tried.outcome,
    attemptsSpent: claim.spent + 1,
    ageMs: claim.ageMs + durationMs,
    policy: deps.target.retry,
    random: deps.random(),
  })
  const verdict = await settle(deps, ref, claim, describe(tried, startedAtMs, durationMs), settlement)
  deps.failpoint('settled')
  return verdict
}

/** Ends a delivery whose job cannot be read: there is nothing to attempt. */
export async function refuse(deps: DeliverDeps, ref: DeliveryRef, error: string): Promise<Verdict> {
  const attempt: Attempt = {
    atMs: deps.now(),
    durationMs: 0,
    httpStatus: null,
    outcome: 'permanent',
    reason: 'unreadable-job',
    error: error.slice(0, MAX_ERROR_LENGTH),
  }
  const claim = await claimDelivery(deps.store, ref)
  if (claim.kind !== 'claimed') return verdictWithoutClaim(claim)
  return settle(deps, ref, claim, attempt, { kind: 'dead', reason: 'invalid' })
}

type Tried =
  | {
      readonly kind: 'tried'
      readonly outcome: Outcome
      readonly httpStatus: number | null
      readonly error?: string
    }
  | { readonly kind: 'interrupted' }

/** Render → authenticate → send → classify. Every expected failure is an outcome. */
async function attempt(
  deps: DeliverDeps,
  ref: DeliveryRef,
  claim: Claim,
  signal: AbortSignal,
): Promise<Tried> {
  const rendered = render({
    target: deps.target,
    event: claim.event,
    deliveryId: deliveryId(ref.eventId, ref.target),
    trace: claim.trace,
    spanId: randomBytes(8).toString('hex'),
    nowMs: deps.now(),
    userAgent: deps.userAgent,
  })
  if (rendered.kind === 'invalid') {
    const outcome: Outcome = { kind: 'permanent', reason: rendered.reason, deadReason: 'invalid' }
    return { kind: 'tried', outcome, httpStatus: null, error: rendered.error }
  }
  return sendRendered(deps, rendered.request, signal)
}

async function sendRendered(
  deps: DeliverDeps,
  request: OutgoingRequest,
  signal: AbortSignal,
): Promise<Tried> {
  const authenticated = await authenticate(deps.target.auth, request)
  if (authenticated.kind === 'failed') {
    const outcome: Outcome = { kind: 'retryable', reason: 'authentication-failed' }
    return { kind: 'tried', outcome, httpStatus: null, error: authenticated.error }
  }
  deps.failpoint('sending')
  const sent = await deps.sender.send(authenticated.request, signal)
  if (sent.kind === 'interrupted') return sent
  const outcome = classify(deps.target, sent, deps.now())
  return sent.kind === 'failed'
    ? { kind: 'tried', outcome, httpStatus: null, error: sent.error }
    : { kind: 'tried', outcome, httpStatus: sent.response.status }
}

function describe(tried: Extract<Tried, { kind: 'tried' }>, atMs: number, durationMs: number): Attempt {
  const { outcome, httpStatus, error } = tried
  const attempt = { atMs, durationMs, httpStatus, outcome: outcome.kind, reason: outcome.reason }
  return error === undefined ? attempt : { ...attempt, error: error.slice(0, MAX_ERROR_LENGTH) }
}

async function settle(
  deps: DeliverDeps,
  ref: DeliveryRef,
  claim: Claim,
  attempt: Attempt | undefined,
  settlement: Settlement,
): Promise<Verdict> {
  const result = await settleDelivery(deps.store, { ref, fence: claim.fence, settlement, attempt })
  deps.onSettled({
    ref,
    eventType: claim.event.type,
    attempt,
    attemptNumber: claim.attempts + (attempt === undefined ? 0 : 1),
    settlement,
    result,
    ageMs: claim.ageMs + (attempt?.durationMs ?? 0),
  })
  // Somebody else's by now: their job, or their replay, goes on with it.
  if (result.kind !== 'applied') return { kind: 'finish' }
  return verdictOf(settlement)
}

function verdictOf(settlement: Settlement): Verdict {
  switch (settlement.kind) {
    case 'delivered':
      return { kind: 'finish' }
    case 'retry':
    case 'defer':
      return settlement
    case 'dead':
      return { kind: 'bury', reason: settlement.reason }
    default:
      return settlement satisfies never
  }
}

/** The record says that there is nothing to attempt: make the queue agree. */
function verdictWithoutClaim(claim: Exclude<ClaimResult, Claim>): Verdict {
  switch (claim.kind) {
    case 'missing':
    case 'stale':
      return { kind: 'finish' }
    case 'terminal':
      return claim.status === 'dead'
        ? { kind: 'bury', reason: claim.reason ?? 'invalid' }
        : { kind: 'finish' }
    case 'early':
      return { kind: 'defer', delayMs: claim.remainingMs }
    default:
      return claim satisfies never
  }
}
