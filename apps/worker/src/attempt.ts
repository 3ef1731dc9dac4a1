/**
 * One attempt at a claimed delivery: from the event to the outcome. One line a stage; every expected failure is an outcome.
 */
import { hideRevealedSecrets } from '@manifold/config'
import {
  authenticate,
  callHandler,
  classify,
  describeExchange,
  hideProofs,
  render,
  send,
  startDeadline,
  type Authenticated,
  type Deadline,
  type Exchange,
  type TargetClient,
} from '@manifold/delivery'
import {
  CALLBACKS_TARGET,
  deliveryId,
  formatTraceparent,
  isDeeperThan,
  MAX_DATA_DEPTH,
  withSpanId,
  type BreakerSignal,
  type DeliveryRef,
  type HandlerLogger,
  type HttpTarget,
  type Outcome,
  type OutgoingRequest,
  type Target,
  type TargetResponse,
} from '@manifold/domain'
import { failpoint, randomHex } from '@manifold/runtime'
import type { CapturedResponse, Claim } from '@manifold/store'
import { NO_ATTEMPT, type AttemptSpan } from '@manifold/tracing'

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
      readonly error?: string
      readonly signal: BreakerSignal
      /** What the target answered, where that is to be kept. */
      readonly response?: CapturedResponse
      /** What is told of the request and its answer, where it was not delivered. */
      readonly exchange?: Exchange
    }
  /** Cut short because the process is stopping. */
  | { readonly kind: 'interrupted' }

type Result = {
  readonly outcome: Outcome
  readonly httpStatus?: number
  readonly error?: string
  readonly response?: CapturedResponse
  readonly exchange?: Exchange
}

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
    const result = await perform(deps, target, ref, claim, deadline, span)
    const undecided = result.outcome.kind !== 'delivered' && result.httpStatus === undefined
    if (undecided && deadline.over() === 'stopping') return { kind: 'interrupted' }
    return {
      kind: 'tried',
      outcome: withoutSecrets(result.outcome),
      httpStatus: result.httpStatus ?? null,
      ...(result.error === undefined ? {} : { error: hideRevealedSecrets(result.error) }),
      ...(result.response === undefined ? {} : { response: result.response }),
      ...(result.exchange === undefined ? {} : { exchange: result.exchange }),
      signal: breakerSignal(result.outcome),
    }
  } finally {
    deadline.end()
  }
}

function perform(
  deps: AttemptDeps,
  target: Target,
  ref: DeliveryRef,
  claim: Claim,
  deadline: Deadline,
  span: AttemptSpan,
): Promise<Result> {
  if (target.kind === 'http') return callApi(deps, target, ref, claim, deadline, span)
  return callHandler(target, claim.event, handlerContext(deps, ref, claim, deadline, span), deadline)
}

/** Render → authenticate → send → classify. */
async function callApi(
  deps: AttemptDeps,
  target: HttpTarget,
  ref: DeliveryRef,
  claim: Claim,
  deadline: Deadline,
  span: AttemptSpan,
): Promise<Result> {
  const rendered = render({
    target,
    event: claim.event,
    deliveryId: deliveryId(ref.eventId, ref.target),
    trace: claim.trace,
    spanId: randomHex(8),
    nowMs: deps.now(),
    userAgent: deps.userAgent,
  })
  if (rendered.kind === 'invalid') {
    return {
      outcome: { kind: 'permanent', reason: rendered.reason, deadReason: 'invalid' },
      error: rendered.error,
    }
  }
  return sendAuthenticated(deps, target, rendered.request, deadline, span, undefined)
}

/** Authenticates and sends; where a token may have run out, once more after a 401 with a new one. */
async function sendAuthenticated(
  deps: AttemptDeps,
  target: HttpTarget,
  request: OutgoingRequest,
  deadline: Deadline,
  span: AttemptSpan,
  rejected: OutgoingRequest | undefined,
): Promise<Result> {
  const context = { fetch: deps.client.fetchWithin(deadline), nowMs: deps.now(), rejected }
  const authenticating = authenticate(target.auth, request, context)
  const authenticated =
    authenticating instanceof Promise
      ? await Promise.race([authenticating, overtime(deadline)])
      : authenticating
  if (authenticated.kind === 'failed') {
    return { outcome: { kind: 'retryable', reason: 'authentication-failed' }, error: authenticated.error }
  }
  if (authenticated.kind === 'invalid') {
    return {
      outcome: { kind: 'permanent', reason: 'bad-header', deadReason: 'invalid' },
      error: authenticated.error,
    }
  }
  failpoint('sending')
  const call = span.startCall(authenticated.request)
  const sent = await send(deps.client, authenticated.request, deadline, onSent)
  call.end(sent)
  if (
    sent.kind === 'answered' &&
    sent.response.status === 401 &&
    target.auth.renewable === true &&
    rejected === undefined
  ) {
    return sendAuthenticated(deps, target, underNewSpan(request), deadline, span, authenticated.request)
  }
  const outcome = classify(target, sent, deps.redisNow())
  if (sent.kind !== 'answered') {
    const exchange = exchangeOf(target, request, authenticated.request, undefined)
    return { outcome, error: hideProofs(request, authenticated.request)(sent.error), exchange }
  }
  const { response } = sent
  return {
    outcome,
    httpStatus: response.status,
    ...(target.captureResponse ? { response: capture(response) } : {}),
    ...(outcome.kind === 'delivered'
      ? {}
      : { exchange: exchangeOf(target, request, authenticated.request, response) }),
  }
}

/** What a caller wrote into the address of its callback may be a secret of its own. */
function exchangeOf(
  { name }: HttpTarget,
  rendered: OutgoingRequest,
  sent: OutgoingRequest,
  response: TargetResponse | undefined,
): Exchange {
  const told = name === CALLBACKS_TARGET ? 'origin' : 'path'
  return describeExchange(rendered, sent, response, hideRevealedSecrets, told)
}

/** A target's own classification may have taken its reason from the answer. */
function withoutSecrets(outcome: Outcome): Outcome {
  if (outcome.reason.startsWith('http-')) return outcome
  return { ...outcome, reason: hideRevealedSecrets(outcome.reason) }
}

function onSent(): void {
  failpoint('during')
}

/** Each request sent has a span of its own. */
function underNewSpan(request: OutgoingRequest): OutgoingRequest {
  const { headers } = request
  const traceparent = headers['traceparent']
  if (traceparent === undefined) return request
  return { ...request, headers: { ...headers, traceparent: withSpanId(traceparent, randomHex(8)) } }
}

/**
 * What nests too deep to be written as JSON again is kept as the text it came as; and so is what repeats a secret, which is
 * hidden.
 */
function capture({ headers, json, text, truncated }: TargetResponse): CapturedResponse {
  const hidden = hideRevealedSecrets(text)
  const isText = hidden !== text || json === undefined || isDeeperThan(json, MAX_DATA_DEPTH)
  const body: unknown = isText ? hidden : json
  return { contentType: headers['content-type'] ?? null, body, truncated }
}

/** A custom auth function may heed no deadline; it holds all the same. */
async function overtime(deadline: Deadline): Promise<Authenticated> {
  const why = await deadline.passed().catch((reason: unknown) => reason)
  return { kind: 'failed', error: why instanceof Error ? why.message : String(why) }
}

function handlerContext(
  { client, handlerLogger }: AttemptDeps,
  ref: DeliveryRef,
  claim: Claim,
  deadline: Deadline,
  { spanId = randomHex(8) }: AttemptSpan,
) {
  const { traceId, flags } = claim.trace
  return {
    attempt: claim.attempts + 1,
    deliveryId: deliveryId(ref.eventId, ref.target),
    signal: deadline.signal(),
    fetch: client.fetchWithin(deadline),
    traceparent: formatTraceparent(traceId, spanId, flags),
    logger: handlerLogger,
  }
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
