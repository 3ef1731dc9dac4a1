/**
 * One attempt at a claimed delivery, as a worker makes it: under its deadline, watched by its span, and with what is kept of it.
 *
 * The stages are the delivery package's. Owned here is what may be told of what they came to: nothing that is secret.
 */
import { hideRevealedSecrets } from '@manifold/config'
import {
  attemptTarget,
  describeExchange,
  hideProofs,
  startDeadline,
  wasInterrupted,
  type AttemptDeps as StageDeps,
  type Attempted,
  type Call,
  type Exchange,
  type TargetClient,
} from '@manifold/delivery'
import {
  CALLBACKS_TARGET,
  isDeeperThan,
  MAX_DATA_DEPTH,
  type BreakerSignal,
  type DeliveryRef,
  type HandlerLogger,
  type HideText,
  type Outcome,
  type Target,
  type TargetResponse,
} from '@manifold/domain'
import { failpoint, randomHex } from '@manifold/runtime'
import type { CapturedResponse, Claim } from '@manifold/store'
import { NO_ATTEMPT, type AttemptSpan } from '@manifold/tracing'
import { hideInJson } from './hide-in-json.ts'

export type AttemptDeps = {
  readonly target: Target
  readonly client: TargetClient
  readonly userAgent: string
  /** This machine's clock: what is told to targets, who compare it with theirs. */
  readonly now: () => number
  /** Redis's: what others of ours compare. */
  readonly redisNow: () => number
  /** For a function target's handler. */
  readonly handlerLogger: HandlerLogger
}

export type Tried =
  | {
      readonly kind: 'tried'
      readonly outcome: Outcome
      readonly httpStatus: number | null
      readonly error?: string | undefined
      readonly signal: BreakerSignal
      /** What the target answered, where that is to be kept. */
      readonly response?: CapturedResponse | undefined
      /** What is told of the request and its answer, where it was not delivered. */
      readonly exchange?: Exchange | undefined
    }
  /** Cut short because the process is stopping. */
  | { readonly kind: 'interrupted' }

/** Attempts the delivery under one deadline, which covers every stage. */
export async function attempt(
  deps: AttemptDeps,
  ref: DeliveryRef,
  claim: Claim,
  stopping: AbortSignal,
  span: AttemptSpan = NO_ATTEMPT,
): Promise<Tried> {
  const { target } = deps
  const deadline = startDeadline(target.timeoutMs, stopping)
  try {
    const attempted = await attemptTarget(stageDeps(deps), target, ref, claim, deadline, span)
    return wasInterrupted(attempted, deadline) ? { kind: 'interrupted' } : told(target, attempted)
  } finally {
    deadline.end()
  }
}

function stageDeps({ client, userAgent, now, redisNow, handlerLogger }: AttemptDeps): StageDeps {
  return { client, userAgent, now, judgeNow: redisNow, randomHex, handlerLogger, onSending, onSent }
}

function onSending(): void {
  failpoint('sending')
}

function onSent(): void {
  failpoint('during')
}

/** What is kept of an attempt. */
function told(target: Target, { outcome, error, response, lastCall }: Attempted): Tried {
  const isKept = target.kind === 'http' && target.captureResponse && response !== undefined
  const isDelivered = outcome.kind === 'delivered'
  // Most attempts leave nothing to search.
  const isSearched = isKept || !isDelivered || !STATUS_REASON.test(outcome.reason)
  const hide = isSearched ? hiderOf(lastCall) : hideRevealedSecrets
  return {
    kind: 'tried',
    outcome: withoutSecrets(outcome, hide),
    httpStatus: response?.status ?? null,
    error: error === undefined ? undefined : hide(error),
    response: isKept ? capture(response, hide) : undefined,
    exchange: isDelivered || lastCall === undefined ? undefined : exchangeOf(target, lastCall, hide),
    signal: breakerSignal(outcome),
  }
}

/**
 * Of a token that could not be renewed, what it was refused with. What a caller wrote into the address of its callback may be a
 * secret of its own.
 */
function exchangeOf({ name }: Target, { request, sent }: Call, hide: HideText): Exchange {
  const response = sent.kind === 'answered' ? sent.response : undefined
  return describeExchange(request, response, hide, name === CALLBACKS_TARGET ? 'origin' : 'path')
}

/** What authentication put on the request is as secret as what it was made of. */
function hiderOf(call: Call | undefined): HideText {
  if (call === undefined) return hideRevealedSecrets
  const hideProof = hideProofs(call.rendered, call.request)
  return (text, isCut) => hideRevealedSecrets(hideProof(text, isCut), isCut)
}

/** Of our own words; all others may have come from an answer, by a target's `classify` or a handler. */
const STATUS_REASON = /^http-\d{3}$/

function withoutSecrets(outcome: Outcome, hide: HideText): Outcome {
  if (STATUS_REASON.test(outcome.reason)) return outcome
  return { ...outcome, reason: hide(outcome.reason) }
}

/** What nests too deep to be written as JSON again is kept as the text it came as. */
function capture({ headers, json, text, truncated }: TargetResponse, hide: HideText): CapturedResponse {
  const isText = json === undefined || isDeeperThan(json, MAX_DATA_DEPTH)
  const body: unknown = isText ? hide(text, truncated) : hideInJson(json, text, hide)
  return { contentType: headers['content-type'] ?? null, body, truncated }
}

/** What an outcome says about the target's health: an API that refuses is well; one that was not asked says nothing. */
function breakerSignal(outcome: Outcome): BreakerSignal {
  switch (outcome.kind) {
    case 'delivered':
      return 'succeeded'
    case 'retryable':
      return 'failed'
    case 'throttled':
      return 'neutral'
    case 'permanent':
      return outcome.deadReason === 'invalid' || outcome.deadReason === 'blocked' ? 'neutral' : 'succeeded'
    default:
      return outcome satisfies never
  }
}
