/** `/v1/events`: accept events and show their life. */
import { EVENT_STATUSES, fieldErrors } from '@manifold/domain'
import type { Queues } from '@manifold/queue'
import { listEvents, readAttempts, readEvent } from '@manifold/store'
import { Router, type RequestHandler } from 'express'
import { z } from 'zod'
import type * as answers from '../contract/answers/index.ts'
import { cancelUnattempted } from '../cancel-event.ts'
import { acceptBatch, type BatchDeps } from './batch.ts'
import { readEventBody } from './event-body.ts'
import { showEventResult } from './event-result.ts'
import { showEventStatus } from './event-status.ts'
import type { AuditRequest } from './audit.ts'
import { allowOnly } from './method-not-allowed.ts'
import { ownEventsOnly } from './own-events.ts'
import { pageQuery, readCursor, timeRangeQuery, writeCursor } from './page.ts'
import { varyByPrefer } from './prefer.ts'
import { postEvent, type PostEventDeps } from './post-event.ts'
import { sendNewerRecord, sendProblem } from './problem.ts'
import { requireRoom } from './require-room.ts'
import { callerOf, type RequireScope } from './require-scope.ts'
import { answerUnreadable, createLeftOut } from './unreadable-record.ts'
import { attemptView, eventView } from './views.ts'

export type EventsDeps = PostEventDeps &
  BatchDeps & {
    readonly queues: Queues
    readonly requireScope: RequireScope
    readonly audit: AuditRequest
    readonly maxBodyBytes: number
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
  const mayRead = [requireScope('read'), ownEventsOnly(store)]

  router
    .route('/')
    .post(
      varyByPrefer,
      requireScope('publish'),
      requireRoom(deps.intake),
      ...readEventBody(deps.maxBodyBytes),
      postEvent(deps),
    )
    .get(requireScope('read'), list(deps))
    .all(allowOnly('GET', 'POST'))

  // CloudEvents: the route above leaves a batch of them to this one.
  router.post('/', varyByPrefer, requireScope('publish'), ...acceptBatch(deps))

  // All other methods go on to /:id: an event may be called `batch`.
  router.post('/batch', varyByPrefer, requireScope('publish'), requireRoom(deps.intake), ...acceptBatch(deps))

  router
    .route('/:id')
    .get(...mayRead, showEventStatus(deps))
    .delete(deps.audit, requireScope('publish'), ownEventsOnly(store), cancel(deps))
    .all(allowOnly('GET', 'DELETE'))

  router
    .route('/:id/result')
    .get(...mayRead, showEventResult(store))
    .all(allowOnly('GET'))

  router
    .route('/:id/attempts')
    .get(...mayRead, async (request, response) => {
      const { id } = request.params
      const event = await readEvent(store, id)
      if (event === undefined) sendProblem(response, 'event-not-found')
      else {
        const items = (await readAttempts(store, id)).map(attemptView)
        response.json({ items, nextCursor: null } satisfies answers.AttemptList)
      }
    })
    .all(allowOnly('GET'))

  router.use(answerUnreadable('event-not-found'))
  return router
}

function cancel(deps: EventsDeps): RequestHandler<{ id: string }> {
  return async (request, response) => {
    const answer = await cancelUnattempted(deps, request.params.id)
    switch (answer.kind) {
      case 'cancelled':
        response.locals['eventId'] = answer.event.id
        response.locals['traceId'] = answer.event.trace.traceId
        response.json(eventView(answer.event))
        return
      case 'too-late':
        sendProblem(response, 'event-not-cancellable')
        return
      case 'not-found':
        sendProblem(response, 'event-not-found')
        return
      case 'newer':
        sendNewerRecord(response)
        return
      default:
        answer satisfies never
    }
  }
}

function list({ store, logger }: EventsDeps): RequestHandler {
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
    const { mayUse } = callerOf(response)
    const filter = { afterMs: after, beforeMs: before, type, status, mayUse }
    const leftOut = createLeftOut(logger)
    const page = await listEvents(store, filter, from.position, limit, leftOut.add)
    leftOut.log()
    response.json({
      items: page.items.map(eventView),
      nextCursor: writeCursor(page.next),
    } satisfies answers.EventPage)
  }
}
