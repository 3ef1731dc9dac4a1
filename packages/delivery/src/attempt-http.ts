/**
 * One attempt at an HTTP target: render → authenticate → send → classify, once more behind a 401 where a token may have run out.
 *
 * Owns their order. It records, hides and keeps nothing: who attempts has a use for some of it, and judges what may be seen.
 * An attempt of a worker is the hot path: who watches and what is passed are constants of theirs, not closures of each attempt.
 */
import {
  deliveryId,
  withSpanId,
  type DeliveryRef,
  type HandlerLogger,
  type HttpTarget,
  type ManifoldEvent,
  type Outcome,
  type OutgoingRequest,
  type TargetResponse,
} from '@manifold/domain'
import { authenticateWithin, type Authenticated } from './authenticate.ts'
import { classify } from './classify.ts'
import type { TargetClient } from './client.ts'
import type { Deadline } from './deadline.ts'
import { render } from './render.ts'
import { send, type Sent } from './send.ts'

export type AttemptDeps = {
  readonly client: TargetClient
  readonly userAgent: string
  /** This machine's clock: what is told to targets, who compare it with theirs. */
  readonly now: () => number
  /** What a `Retry-After` date is measured from. */
  readonly judgeNow: () => number
  /** Hex digits, twice as many. */
  readonly randomHex: (bytes: number) => string
  /** For a function target's handler. */
  readonly handlerLogger: HandlerLogger
  /** A request is about to be sent. */
  readonly onSending: () => void
  /** It has left. */
  readonly onSent: () => void
}

/** Which delivery it is. */
export type AttemptRef = Pick<DeliveryRef, 'eventId' | 'target'>

/** What is delivered; a claim has all of it. */
export type ToDeliver = {
  readonly event: ManifoldEvent
  readonly trace: { readonly traceId: string; readonly flags: string }
  /** Made before this one, over all generations. */
  readonly attempts: number
}

/** Who watches an attempt, such as its span. */
export type AttemptObserver = {
  /** The attempt's own in its trace; `undefined` where it has none. */
  readonly spanId: string | undefined
  readonly startCall: (request: OutgoingRequest) => { readonly end: (sent: Sent) => void }
}

/** A request that was sent, and what came of it. */
export type Call = {
  /** Before authentication. */
  readonly rendered: OutgoingRequest
  readonly request: OutgoingRequest
  readonly sent: Sent
}

/** What an attempt came to. Nothing in it is hidden: secrets may stand in every text. */
export type Attempted = {
  readonly outcome: Outcome
  readonly error: string | undefined
  /** The answer that decided; not one that was asked about once more in vain. */
  readonly response: TargetResponse | undefined
  /** The last one; `undefined` when nothing was sent. */
  readonly lastCall: Call | undefined
}

/** Never rejects, but for a bug. */
export function attemptHttp(
  deps: AttemptDeps,
  target: HttpTarget,
  { eventId, target: name }: AttemptRef,
  { event, trace }: ToDeliver,
  deadline: Deadline,
  observer: AttemptObserver,
): Promise<Attempted> {
  const rendered = render({
    target,
    event,
    deliveryId: deliveryId(eventId, name),
    trace,
    spanId: deps.randomHex(8),
    nowMs: deps.now(),
    userAgent: deps.userAgent,
  })
  if (rendered.kind === 'rendered')
    return sendAuthenticated(deps, target, rendered.request, deadline, observer, undefined)
  const { reason, error } = rendered
  return Promise.resolve({
    outcome: { kind: 'permanent', reason, deadReason: 'invalid' },
    error,
    response: undefined,
    lastCall: undefined,
  })
}

/** @param refused the call that was answered 401, when this is the one behind it */
async function sendAuthenticated(
  deps: AttemptDeps,
  target: HttpTarget,
  rendered: OutgoingRequest,
  deadline: Deadline,
  observer: AttemptObserver,
  refused: Call | undefined,
): Promise<Attempted> {
  const context = {
    fetch: deps.client.fetchWithin(deadline),
    nowMs: deps.now(),
    rejected: refused?.request,
  }
  const authenticating = authenticateWithin(target.auth, rendered, context, deadline)
  const authenticated = authenticating instanceof Promise ? await authenticating : authenticating
  if (authenticated.kind !== 'authenticated') return withoutProof(authenticated, refused)
  const { request } = authenticated
  deps.onSending()
  const observed = observer.startCall(request)
  const sent = await send(deps.client, request, deadline, deps.onSent)
  observed.end(sent)
  const call = { rendered, request, sent }
  if (refused === undefined && mayBeOutdated(target, sent)) {
    const again = underNewSpan(rendered, deps.randomHex)
    return sendAuthenticated(deps, target, again, deadline, observer, call)
  }
  const outcome = classify(target, sent, deps.judgeNow())
  return sent.kind === 'answered'
    ? { outcome, error: undefined, response: sent.response, lastCall: call }
    : { outcome, error: sent.error, response: undefined, lastCall: call }
}

function withoutProof(
  { kind, error }: Exclude<Authenticated, { kind: 'authenticated' }>,
  refused: Call | undefined,
): Attempted {
  const outcome: Outcome =
    kind === 'failed'
      ? { kind: 'retryable', reason: 'authentication-failed' }
      : { kind: 'permanent', reason: 'bad-header', deadReason: 'invalid' }
  return { outcome, error, response: undefined, lastCall: refused }
}

function mayBeOutdated({ auth }: HttpTarget, sent: Sent): boolean {
  return auth.renewable === true && sent.kind === 'answered' && sent.response.status === 401
}

/** Each request sent has a span of its own. */
function underNewSpan(request: OutgoingRequest, randomHex: AttemptDeps['randomHex']): OutgoingRequest {
  const { headers } = request
  const traceparent = headers['traceparent']
  if (traceparent === undefined) return request
  return { ...request, headers: { ...headers, traceparent: withSpanId(traceparent, randomHex(8)) } }
}
