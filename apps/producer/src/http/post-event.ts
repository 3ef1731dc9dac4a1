/**
 * `POST /v1/events`: takes one event, and answers at once, or, when the caller would rather wait (`Prefer: wait`), with what
 * its deliveries came to.
 */
import type { RequestHandler, Response } from 'express'
import { isStoreUnavailable, readAggregate, type Aggregate, type EventRecord } from '@manifold/store'
import { acceptEvent, type AcceptAnswer, type AcceptDeps } from '../accept-event.ts'
import { UNTIL_SETTLED, waitForEvent, type WaitDeps } from '../changes/wait-for-event.ts'
import { isRefusal, refusalProblem, type Refusal } from './accept-problem.ts'
import { readIdempotencyKey } from './idempotency-key.ts'
import { jsonBody } from './json-body.ts'
import { preferredWaitSeconds } from './prefer.ts'
import { sendProblem } from './problem.ts'
import { traceparentOf } from './request-trace.ts'
import { callerOf } from './require-scope.ts'
import { sendJson } from './send-json.ts'
import { acceptedStillView, acceptedView, pollHintSeconds, resultView } from './views.ts'
import { whileConnected } from './while-connected.ts'

export type PostEventDeps = AcceptDeps &
  WaitDeps & {
    /** Aborts when the producer stops: nobody waits any longer. */
    readonly leaving: AbortSignal
    readonly onAccepted: (type: string) => void
  }

/** Answers that an event is there. */
type Taken = Exclude<AcceptAnswer, Refusal>

/** Takes the event that the body reader left. */
export function postEvent(deps: PostEventDeps): RequestHandler {
  return async (request, response) => {
    const key = readIdempotencyKey(request.get('idempotency-key'))
    if (key.kind === 'invalid') {
      sendProblem(response, 'invalid-idempotency-key')
      return
    }
    const { value, raw, context } = jsonBody(response)
    const caller = callerOf(response)
    const answer = await acceptEvent(deps, {
      body: value,
      rawBody: raw,
      ...(context === undefined ? {} : { context }),
      idempotencyKey: key.value,
      caller: caller.name,
      mayPublish: caller.mayUse,
      traceparent: traceparentOf(request, response),
    })
    if (isRefusal(answer)) {
      const { code, details } = refusalProblem(answer)
      sendProblem(response, code, details)
      return
    }
    if (answer.kind === 'accepted') {
      response.locals['traceId'] = answer.traceId
      deps.onAccepted(answer.type)
    }
    const waitSeconds = preferredWaitSeconds(request.get('prefer'))
    if (waitSeconds === undefined) sendTaken(response, answer)
    else await sendWhenSettled(deps, response, answer, waitSeconds)
  }
}

/** The synchronous form: one answer for all deliveries, or what there is when the time is up. The work goes on either way. */
async function sendWhenSettled(
  deps: PostEventDeps,
  response: Response,
  answer: Taken,
  waitSeconds: number,
): Promise<void> {
  const { kind, eventId } = answer
  const waited = await waitForOutcome(deps, eventId, waitSeconds, whileConnected(response, deps.leaving))
  if (response.destroyed) return
  if (waited === undefined) {
    sendTaken(response, answer)
    return
  }
  response.locals['eventId'] = eventId
  if (kind === 'duplicate') response.set('idempotent-replayed', 'true')
  response.set({ 'preference-applied': `wait=${String(waitSeconds)}`, location: `/v1/events/${eventId}` })
  if (waited.kind === 'settled') {
    sendJson(response, 200, resultView(waited.aggregate))
    return
  }
  response.set('retry-after', String(pollHintSeconds(deps.store, waited.event.deliverAtMs)))
  sendJson(response, 202, acceptedStillView(waited.event))
}

type Waited =
  | { readonly kind: 'settled'; readonly aggregate: Aggregate }
  | { readonly kind: 'open'; readonly event: EventRecord }

/** `undefined` when Redis went away meanwhile: the event is accepted all the same, and that is the answer then. */
async function waitForOutcome(
  deps: PostEventDeps,
  eventId: string,
  waitSeconds: number,
  signal: AbortSignal,
): Promise<Waited | undefined> {
  try {
    const event = await waitForEvent(deps, { eventId, ...UNTIL_SETTLED, waitMs: waitSeconds * 1_000, signal })
    if (event === undefined) return undefined
    if (event.settledAtMs === undefined) return { kind: 'open', event }
    return { kind: 'settled', aggregate: await readAggregate(deps.store, event) }
  } catch (error) {
    if (isStoreUnavailable(error)) return undefined
    throw error
  }
}

function sendTaken(response: Response, answer: Taken): void {
  response.locals['eventId'] = answer.eventId
  if (answer.kind === 'duplicate') response.set('idempotent-replayed', 'true')
  // An event id is safe in a URL as it is.
  response.setHeader('Location', `/v1/events/${answer.eventId}`)
  response.setHeader('Retry-After', secondsUntilDue(answer))
  sendJson(response, 202, acceptedView(answer))
}

/** An event that nobody wants has settled, whenever it was to be delivered. */
function secondsUntilDue({ delayMs, targets }: Taken): string {
  return delayMs === 0 || targets.length === 0 ? '1' : String(Math.ceil(delayMs / 1_000))
}
