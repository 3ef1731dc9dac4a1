/** `/v1/events`: accept events and show their life. */
import { EVENT_STATUSES, fieldErrors } from '@manifold/domain'
import { listEvents, readAttempts, readEvent, type Store } from '@manifold/store'
import { Router, type RequestHandler, type Response } from 'express'
import { z } from 'zod'
import { acceptEvent, type AcceptAnswer, type AcceptDeps } from '../accept-event.ts'
import type { ChangeHub } from '../changes/change-hub.ts'
import { isRefusal, refusalProblem } from './accept-problem.ts'
import { acceptBatch, type BatchDeps } from './batch.ts'
import { readEventBody } from './event-body.ts'
import { readIdempotencyKey } from './idempotency-key.ts'
import { jsonBody } from './json-body.ts'
import { allowOnly } from './method-not-allowed.ts'
import { pageQuery, readCursor, timeRangeQuery, writeCursor } from './page.ts'
import { sendProblem } from './problem.ts'
import type { RequireScope } from './require-scope.ts'
import { sendJson } from './send-json.ts'
import { acceptedView, attemptView, eventView } from './views.ts'

export type EventsDeps = AcceptDeps &
  BatchDeps & {
    readonly hub: ChangeHub
    /** Aborts when the producer stops: nobody waits any longer. */
    readonly leaving: AbortSignal
    readonly requireScope: RequireScope
    readonly maxBodyBytes: number
    readonly onAccepted: (type: string) => void
  }

const listQuery = z.strictObject({
  ...pageQuery,
  ...timeRangeQuery,
  type: z.string().optional(),
  status: z.enum(EVENT_STATUSES).optional(),
})

/** The routes below `/v1/events`. */
export function eventsRouter(deps: EventsDeps): Router {
  const router = Router()
  const { requireScope, store } = deps

  router
    .route('/')
    .post(requireScope('publish'), ...readEventBody(deps.maxBodyBytes), accept(deps))
    .get(requireScope('read'), list(store))
    .all(allowOnly('GET', 'POST'))

  // CloudEvents: the route above leaves a batch of them to this one.
  router.post('/', requireScope('publish'), ...acceptBatch(deps))

  // All other methods go on to /:id: an event may be called `batch`.
  router.post('/batch', requireScope('publish'), ...acceptBatch(deps))

  router
    .route('/:id')
    .get(requireScope('read'), async (request, response) => {
      const event = await readEvent(store, request.params.id)
      if (event === undefined) sendProblem(response, 'event-not-found')
      else response.json(eventView(event))
    })
    .all(allowOnly('GET'))

  router
    .route('/:id/attempts')
    .get(requireScope('read'), async (request, response) => {
      const { id } = request.params
      const event = await readEvent(store, id)
      if (event === undefined) sendProblem(response, 'event-not-found')
      else response.json({ items: (await readAttempts(store, id)).map(attemptView), nextCursor: null })
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
    const { value, raw, context } = jsonBody(response)
    const answer = await acceptEvent(deps, {
      body: value,
      rawBody: raw,
      ...(context === undefined ? {} : { context }),
      idempotencyKey: key.value,
      caller: String(response.locals['caller']),
      traceparent: request.get('traceparent'),
    })
    sendAcceptAnswer(deps, response, answer)
  }
}

function sendAcceptAnswer(deps: EventsDeps, response: Response, answer: AcceptAnswer): void {
  if (isRefusal(answer)) {
    const { code, details } = refusalProblem(answer)
    sendProblem(response, code, details)
    return
  }
  response.locals['eventId'] = answer.eventId
  if (answer.kind === 'accepted') deps.onAccepted(answer.type)
  else response.set('idempotent-replayed', 'true')
  // An event id is safe in a URL as it is.
  response.setHeader('Location', `/v1/events/${answer.eventId}`)
  sendJson(response, 202, acceptedView(answer))
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
    response.json({ items: page.items.map(eventView), nextCursor: writeCursor(page.next) })
  }
}
