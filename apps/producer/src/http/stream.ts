/** `/v1/stream` and `/v1/events/:id/stream`: what happens, as it happens, as Server-Sent Events. */
import { fieldErrors } from '@manifold/domain'
import type { Logger } from '@manifold/runtime'
import { isStoreUnavailable, readEvent } from '@manifold/store'
import { Router, type Request, type Response } from 'express'
import { z } from 'zod'
import { onceEnded } from '../callers/caller.ts'
import { eventSource, type EventSourceDeps } from '../streams/event-source.ts'
import { feedSource, type FeedSourceDeps } from '../streams/feed-source.ts'
import { followChanges, type Source } from '../streams/follow-changes.ts'
import type { OpenStreams } from '../streams/open-streams.ts'
import { filterFields, placeField } from '../streams/stream-filter.ts'
import { allowOnly } from './method-not-allowed.ts'
import { ownEventsOnly } from './own-events.ts'
import { sendProblem } from './problem.ts'
import { callerOf, type RequireScope } from './require-scope.ts'
import { createSseReader } from './sse-reader.ts'
import { answerUnreadable } from './unreadable-record.ts'

export type StreamDeps = EventSourceDeps &
  FeedSourceDeps & {
    readonly streams: OpenStreams
    readonly requireScope: RequireScope
    readonly logger: Logger
  }

/** The header is what a client sends by itself when it comes back: it is newer than what its URL says. */
const resumeFields = { lastEventId: placeField.optional(), 'Last-Event-ID': placeField.optional() }
const eventQuery = z.strictObject(resumeFields)
const feedQuery = z.strictObject({ ...resumeFields, ...filterFields })

/** The routes of streams. */
export function streamRouter(deps: StreamDeps): Router {
  const router = Router()
  const mayRead = deps.requireScope('read')
  router
    .route('/v1/stream')
    .get(mayRead, async (request, response) => {
      const query = feedQuery.safeParse(given(request))
      if (!query.success) {
        sendProblem(response, 'invalid-query', { errors: fieldErrors(query.error) })
        return
      }
      const { lastEventId, 'Last-Event-ID': header, ...filter } = query.data
      if (request.method === 'HEAD') response.type('text/event-stream').end()
      else {
        const { mayUse } = callerOf(response)
        await stream(deps, response, feedSource(deps, { ...filter, mayUse }), header ?? lastEventId)
      }
    })
    .all(allowOnly('GET'))
  router
    .route('/v1/events/:id/stream')
    .get(mayRead, ownEventsOnly(deps.store), async (request, response) => {
      const { id } = request.params
      const query = eventQuery.safeParse(given(request))
      if (!query.success) {
        sendProblem(response, 'invalid-query', { errors: fieldErrors(query.error) })
        return
      }
      response.locals['eventId'] = id
      const { lastEventId, 'Last-Event-ID': header } = query.data
      if (request.method !== 'HEAD')
        await stream(deps, response, eventSource(deps, id), header ?? lastEventId)
      else if ((await readEvent(deps.store, id)) === undefined) sendProblem(response, 'event-not-found')
      else response.type('text/event-stream').end()
    })
    .all(allowOnly('GET'))
  router.use(answerUnreadable('event-not-found'))
  return router
}

/** An empty header is that of a client that was told nothing yet. */
function given(request: Request): object {
  const header = request.get('last-event-id')
  return header === undefined || header === '' ? request.query : { ...request.query, 'Last-Event-ID': header }
}

async function stream(
  deps: StreamDeps,
  response: Response,
  source: Source,
  after: string | undefined,
): Promise<void> {
  const reader = createSseReader(response)
  const caller = callerOf(response)
  const leave = deps.streams.enter(reader, caller)
  if (leave === undefined) {
    sendProblem(response, 'too-many-followers', { headers: { 'retry-after': '5' } })
    return
  }
  // It ends with the token or the key; a client comes back with another, and its place.
  const forget = onceEnded(caller, reader.leave)
  try {
    const end = await followChanges(deps.store, source, after, reader)
    if (end === 'event-not-found' && !response.headersSent) sendProblem(response, 'event-not-found')
    // A client that is told nothing but 204 does not come back (WHATWG HTML, section 9.2.3).
    else if (end === 'nothing-more') response.status(204).end()
    else response.end()
  } catch (error) {
    if (!response.headersSent) throw error
    if (!isStoreUnavailable(error))
      deps.logger.error({ err: error, requestId: response.locals['requestId'] as unknown }, 'a stream failed')
    response.end()
  } finally {
    forget()
    leave()
  }
}
