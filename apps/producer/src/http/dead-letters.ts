/** `/v1/admin/dead-letters`: inspect, replay and discard what could not be delivered. */
import { DEAD_REASONS, fieldErrors } from '@manifold/domain'
import type { Queues } from '@manifold/queue'
import type { Logger } from '@manifold/runtime'
import {
  createReplay,
  findDelivery,
  listDeadLetters,
  readAttempts,
  readPayload,
  type Store,
} from '@manifold/store'
import { Router, type RequestHandler, type Response } from 'express'
import { ulid } from 'ulid'
import { z } from 'zod'
import type * as answers from '../contract/answers/index.ts'
import { discardDeadLetter } from '../discard-dead-letter.ts'
import { replayDeadLetter, type ReplayAnswer } from '../replay-dead-letter.ts'
import { auditDetails } from './audit-details.ts'
import { jsonBody, readJsonBody } from './json-body.ts'
import { allowOnly } from './method-not-allowed.ts'
import { pageQuery, readCursor, timeRangeQuery, writeCursor } from './page.ts'
import { sendNewerRecord, sendProblem } from './problem.ts'
import { recordedSpan } from './request-trace.ts'
import { callerOf, type RequireScope } from './require-scope.ts'
import { answerUnreadable, createLeftOut } from './unreadable-record.ts'
import { attemptView, deadLetterView } from './views.ts'

export type DeadLettersDeps = {
  readonly store: Store
  readonly queues: Queues
  readonly targets: readonly { readonly name: string }[]
  readonly requireScope: RequireScope
  readonly maxBodyBytes: number
  readonly logger: Logger
  /** A bulk replay was asked for: begin now instead of at the next look. */
  readonly onReplayCreated: () => void
}

const filterQuery = {
  ...timeRangeQuery,
  target: z.string().optional().describe('The name of a target.'),
  type: z.string().optional().describe('The type of the event, exactly.'),
  reason: z.enum(DEAD_REASONS).optional().describe('Why they died.'),
}

/** The query of the list. */
export const listQuery = z.strictObject({ ...pageQuery, ...filterQuery })

/** The body of a replay by filter. */
export const replayBody = z.strictObject({
  ...filterQuery,
  limit: z.int().min(1).optional().describe('At most so many, the oldest; all without it.'),
  ratePerSecond: z.number().gt(0).max(100_000).optional().describe('As fast as may be without it.'),
})

/** The routes below `/v1/admin/dead-letters`; all of them want the scope `admin`. */
export function deadLettersRouter(deps: DeadLettersDeps): Router {
  const { store, requireScope } = deps
  const router = Router()
  router.use(requireScope('admin'))
  router.route('/').get(list(deps)).all(allowOnly('GET'))
  router
    .route('/replay')
    .post(...readJsonBody(deps.maxBodyBytes), replayByFilter(deps))
    .all(allowOnly('POST'))
  router.route('/:deliveryId').get(show(store)).delete(discard(deps)).all(allowOnly('GET', 'DELETE'))
  router.route('/:deliveryId/replay').post(replay(deps)).all(allowOnly('POST'))
  router.use(answerUnreadable('dead-letter-not-found'))
  return router
}

function list({ store, logger }: DeadLettersDeps): RequestHandler {
  return async (request, response) => {
    const query = listQuery.safeParse(request.query)
    if (!query.success) {
      sendProblem(response, 'invalid-query', { errors: fieldErrors(query.error) })
      return
    }
    const { limit, cursor, after, before, target, type, reason } = query.data
    const from = readCursor(cursor)
    if (from.kind === 'invalid') {
      sendProblem(response, 'invalid-cursor')
      return
    }
    const filter = { afterMs: after, beforeMs: before, target, type, reason }
    const leftOut = createLeftOut(logger)
    const page = await listDeadLetters(store, filter, 'newest', from.position, limit, leftOut.add)
    leftOut.log()
    response.json({
      items: page.items.map(deadLetterView),
      nextCursor: writeCursor(page.next),
    } satisfies answers.DeadLetterPage)
  }
}

function show(store: Store): RequestHandler {
  return async (request, response) => {
    const found = await findDelivery(store, String(request.params['deliveryId']))
    if (found?.delivery.status !== 'dead') {
      sendProblem(response, 'dead-letter-not-found')
      return
    }
    const [data, attempts] = await Promise.all([
      readPayload(store, found.event.id),
      readAttempts(store, found.event.id),
    ])
    response.json({
      ...deadLetterView(found),
      data,
      attempts: attempts.filter((attempt) => attempt.deliveryId === found.delivery.id).map(attemptView),
    } satisfies answers.DeadLetterDetail)
  }
}

function replay(deps: DeadLettersDeps): RequestHandler {
  return async (request, response) => {
    const deliveryId = String(request.params['deliveryId'])
    const answer = await replayDeadLetter(deps, deliveryId, recordedSpan(response))
    if (answer.kind !== 'replayed') {
      refuse(response, answer)
      return
    }
    const { eventId, target, generation } = answer.ref
    response.locals['eventId'] = eventId
    auditDetails(response, { deliveryId, target, generation })
    response.locals['traceId'] = answer.traceId
    response
      .status(202)
      .location(`/v1/events/${eventId}`)
      .json({
        id: deliveryId,
        eventId,
        target,
        status: 'pending',
        generation,
      } satisfies answers.ReplayedDelivery)
  }
}

function discard(deps: DeadLettersDeps): RequestHandler {
  return async (request, response) => {
    const answer = await discardDeadLetter(deps, String(request.params['deliveryId']))
    if (answer.kind === 'discarded') response.status(204).end()
    else refuse(response, answer)
  }
}

function refuse(response: Response, answer: Exclude<ReplayAnswer, { kind: 'replayed' }>): void {
  switch (answer.kind) {
    case 'not-found':
      sendProblem(response, 'dead-letter-not-found')
      return
    case 'unknown-target':
      sendProblem(response, 'target-not-found', { detail: `${answer.target} is no longer in the config` })
      return
    case 'not-dead':
      sendProblem(response, 'delivery-not-dead', { detail: `the delivery is ${answer.status}` })
      return
    case 'newer':
      sendNewerRecord(response)
      return
    default:
      answer satisfies never
  }
}

function replayByFilter(deps: DeadLettersDeps): RequestHandler {
  return async (_request, response) => {
    const body = replayBody.safeParse(jsonBody(response).value)
    if (!body.success) {
      sendProblem(response, 'invalid-request', { errors: fieldErrors(body.error) })
      return
    }
    const { after, before, ...filter } = body.data
    if (filter.target !== undefined && !deps.targets.some((one) => one.name === filter.target)) {
      const errors = [{ path: 'target', message: `"${filter.target}" is not configured` }]
      sendProblem(response, 'invalid-request', { errors })
      return
    }
    const id = `rpl_${ulid()}`
    const askedBy = recordedSpan(response)
    const caller = callerOf(response).name
    auditDetails(response, { replayId: id, filter: body.data })
    await createReplay(deps.store, id, { ...filter, afterMs: after, beforeMs: before, caller, askedBy })
    deps.onReplayCreated()
    response
      .status(202)
      .location(`/v1/admin/replays/${id}`)
      .json({ id, status: 'matching', matched: 0, replayed: 0, failed: 0 } satisfies answers.ReplayStarted)
  }
}
