/** `/v1/events`: accept events and show their life. */
import { EVENT_STATUSES, fieldErrors } from '@manifold/domain'
import type { Queues } from '@manifold/queue'
import {
  isStoreUnavailable,
  listEvents,
  readAggregate,
  readAttempts,
  readEvent,
  type Aggregate,
  type EventRecord,
  type Store,
} from '@manifold/store'
import { Router, type RequestHandler, type Response } from 'express'
import { z } from 'zod'
import type * as answers from '../contract/answers/index.ts'
import { acceptEvent, type AcceptAnswer, type AcceptDeps } from '../accept-event.ts'
import { cancelUnattempted } from '../cancel-event.ts'
import type { ChangeHub } from '../changes/change-hub.ts'
import { UNTIL_SETTLED, waitForEvent } from '../changes/wait-for-event.ts'
import { showEventResult } from './event-result.ts'
import { showEventStatus } from './event-status.ts'
import { readIdempotencyKey } from './idempotency-key.ts'
import { jsonBody, readJsonBody } from './json-body.ts'
import { allowOnly } from './method-not-allowed.ts'
import { preferredWaitSeconds } from './prefer.ts'
import { pageQuery, readCursor, timeRangeQuery, writeCursor } from './page.ts'
import { sendProblem } from './problem.ts'
import type { RequireScope } from './require-scope.ts'
import { sendJson } from './send-json.ts'
import {
  acceptedStillView,
  acceptedView,
  attemptView,
  eventView,
  pollHintSeconds,
  resultView,
} from './views.ts'
import { whileConnected } from './while-connected.ts'

export type EventsDeps = AcceptDeps & {
  readonly hub: ChangeHub
  readonly queues: Queues
  /** Aborts when the producer stops: nobody waits any longer. */
  readonly leaving: AbortSignal
  readonly requireScope: RequireScope
  readonly maxBodyBytes: number
  readonly onAccepted: (type: string) => void
}

/** The query of the list. */
export const listQuery = z.strictObject({
  ...pageQuery,
  ...timeRangeQuery,
  type: z.string().optional().describe('The type of the event, exactly.'),
  status: z.enum(EVENT_STATUSES).optional().describe('What the event has come to.'),
})

/** The routes below `/v1/events`. */
export function eventsRouter(deps: EventsDeps): Router {
  const router = Router()
  const { requireScope, store } = deps

  router
    .route('/')
    .post(requireScope('publish'), ...readJsonBody(deps.maxBodyBytes), accept(deps))
    .get(requireScope('read'), list(store))
    .all(allowOnly('GET', 'POST'))

  router
    .route('/:id')
    .get(requireScope('read'), showEventStatus(deps))
    .delete(requireScope('publish'), cancel(deps))
    .all(allowOnly('GET', 'DELETE'))

  router.route('/:id/result').get(requireScope('read'), showEventResult(store)).all(allowOnly('GET'))

  router
    .route('/:id/attempts')
    .get(requireScope('read'), async (request, response) => {
      const { id } = request.params
      const event = await readEvent(store, id)
      if (event === undefined) sendProblem(response, 'event-not-found')
      else {
        const items = (await readAttempts(store, id)).map(attemptView)
        response.json({ items, nextCursor: null } satisfies answers.AttemptList)
      }
    })
    .all(allowOnly('GET'))

  return router
}

function accept(deps: EventsDeps): RequestHandler {
  return async (request, response) => {
    const key = readIdempotencyKey(request.get('idempotency-key'))
    if (key.kind === 'invalid') {
      sendProblem(response, 'invalid-idempotency-key')
      return
    }
    const { value, raw } = jsonBody(response)
    const answer = await acceptEvent(deps, {
      body: value,
      rawBody: raw,
      idempotencyKey: key.value,
      caller: String(response.locals['caller']),
      traceparent: request.get('traceparent'),
    })
    if (answer.kind === 'accepted') deps.onAccepted(answer.type)
    const waitSeconds = preferredWaitSeconds(request.get('prefer'))
    response.setHeader('Vary', 'Prefer')
    if ((answer.kind === 'accepted' || answer.kind === 'duplicate') && waitSeconds !== undefined)
      await sendWhenSettled(deps, response, answer, waitSeconds)
    else sendAcceptAnswer(response, answer)
  }
}

/** The synchronous form: one answer for all deliveries, or what there is when the time is up. The work goes on either way. */
async function sendWhenSettled(
  deps: EventsDeps,
  response: Response,
  answer: Extract<AcceptAnswer, { kind: 'accepted' | 'duplicate' }>,
  waitSeconds: number,
): Promise<void> {
  const { kind, eventId } = answer
  const waited = await waitForOutcome(deps, eventId, waitSeconds, whileConnected(response, deps.leaving))
  if (response.destroyed) return
  if (waited === undefined) {
    sendAcceptAnswer(response, answer)
    return
  }
  response.locals['eventId'] = eventId
  if (kind === 'duplicate') response.set('idempotent-replayed', 'true')
  response.set({ 'preference-applied': `wait=${String(waitSeconds)}`, location: `/v1/events/${eventId}` })
  if (waited.kind === 'settled') {
    sendJson(response, 200, resultView(waited.aggregate))
    return
  }
  response.set('retry-after', String(pollHintSeconds(waited.event.deliverAtMs)))
  sendJson(response, 202, acceptedStillView(waited.event))
}

type Waited =
  | { readonly kind: 'settled'; readonly aggregate: Aggregate }
  | { readonly kind: 'open'; readonly event: EventRecord }

/** `undefined` when Redis went away meanwhile: the event is accepted all the same, and that is the answer then. */
async function waitForOutcome(
  deps: EventsDeps,
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

function cancel(deps: EventsDeps): RequestHandler<{ id: string }> {
  return async (request, response) => {
    const answer = await cancelUnattempted(deps, request.params.id)
    switch (answer.kind) {
      case 'cancelled':
        response.locals['eventId'] = answer.event.id
        response.json(eventView(answer.event))
        return
      case 'too-late':
        sendProblem(response, 'event-not-cancellable')
        return
      case 'not-found':
        sendProblem(response, 'event-not-found')
        return
      default:
        answer satisfies never
    }
  }
}

function sendAcceptAnswer(response: Response, answer: AcceptAnswer): void {
  switch (answer.kind) {
    case 'accepted':
    case 'duplicate':
      response.locals['eventId'] = answer.eventId
      if (answer.kind === 'duplicate') response.set('idempotent-replayed', 'true')
      // An event id is safe in a URL as it is.
      response.setHeader('Location', `/v1/events/${answer.eventId}`)
      response.setHeader('Retry-After', answer.kind === 'accepted' ? secondsUntilDue(answer) : '1')
      sendJson(response, 202, acceptedView(answer))
      return
    case 'too-deep':
      sendProblem(response, 'json-too-deep')
      return
    case 'invalid':
      sendProblem(response, 'invalid-event', { errors: answer.errors })
      return
    case 'unknown-targets':
      sendProblem(response, 'unknown-target', { errors: answer.errors })
      return
    case 'key-reused':
      sendProblem(response, 'idempotency-key-reused', {
        detail: `the key belongs to event ${answer.eventId}`,
      })
      return
    case 'id-taken':
      sendProblem(response, 'event-id-taken', { detail: `event ${answer.eventId} was made by another body` })
      return
    default:
      answer satisfies never
  }
}

function secondsUntilDue({ delayMs }: { readonly delayMs: number }): string {
  return delayMs === 0 ? '1' : String(Math.ceil(delayMs / 1_000))
}

function list(store: Store): RequestHandler {
  return async (request, response) => {
    const query = listQuery.safeParse(request.query)
    if (!query.success) {
      sendProblem(response, 'invalid-query', { errors: fieldErrors(query.error) })
      return
    }
    const { limit, cursor, after, before, type, status } = query.data
    const from = readCursor(cursor)
    if (from.kind === 'invalid') {
      sendProblem(response, 'invalid-cursor')
      return
    }
    const filter = { afterMs: after, beforeMs: before, type, status }
    const page = await listEvents(store, filter, from.position, limit)
    response.json({
      items: page.items.map(eventView),
      nextCursor: writeCursor(page.next),
    } satisfies answers.EventPage)
  }
}
