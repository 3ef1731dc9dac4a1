/**
 * `GET /v1/events/:id`: an event's status, at once or as soon as it has changed.
 *
 * Polling is cheap: the answer has an ETag, and an unchanged one is 304. Waiting is cheaper: `?wait=30` answers when the event
 * has settled, `&waitFor=change` when its status is another than the caller knows (If-None-Match), or than it was.
 */
import { createHash } from 'node:crypto'
import { fieldErrors } from '@manifold/domain'
import { readEvent, type EventRecord } from '@manifold/store'
import type { Request, RequestHandler, Response } from 'express'
import { z } from 'zod'
import { UNTIL_SETTLED, waitForEvent, type Wait, type WaitDeps } from '../changes/wait-for-event.ts'
import { hasState } from './if-none-match.ts'
import { sendProblem } from './problem.ts'
import { eventView, pollHintSeconds } from './views.ts'
import { whileConnected } from './while-connected.ts'

export type EventStatusDeps = WaitDeps & {
  /** Aborts when the producer stops: nobody waits any longer. */
  readonly leaving: AbortSignal
}

const DEFAULT_WAIT_SECONDS = 30

/** 0 to 60 (`MAX_WAIT_SECONDS`), as a pattern: it is in the document, too. */
const WAIT = /^(?:[0-5]?\d|60)$/

/** Query parameters of an event's status. */
export const eventStatusQuery = z.strictObject({
  wait: z
    .string()
    .regex(WAIT, 'must be a whole number of seconds from 0 to 60')
    .transform(Number)
    .optional()
    .describe('Seconds to wait at most, 0 to 60, for what `waitFor` says.'),
  waitFor: z
    .enum(['settled', 'change'])
    .optional()
    .describe('`settled`, if left out; `change`: another status than `If-None-Match` names, or than it was.'),
})

/** Shows an event's status. */
export function showEventStatus(deps: EventStatusDeps): RequestHandler<{ id: string }> {
  return async (request, response) => {
    const query = eventStatusQuery.safeParse(request.query)
    if (!query.success) {
      sendProblem(response, 'invalid-query', { errors: fieldErrors(query.error) })
      return
    }
    const { waitFor = 'settled', wait = query.data.waitFor === undefined ? 0 : DEFAULT_WAIT_SECONDS } =
      query.data
    const eventId = request.params.id
    const known = request.get('if-none-match')
    const event =
      wait === 0
        ? await readEvent(deps.store, eventId)
        : await waitForEvent(deps, {
            eventId,
            ...(waitFor === 'settled' ? UNTIL_SETTLED : await untilChanged(deps, eventId, known)),
            waitMs: wait * 1_000,
            signal: whileConnected(response, deps.leaving),
          })
    if (response.destroyed) return
    if (event === undefined) sendProblem(response, 'event-not-found')
    else sendStatus(deps, request, response, event)
  }
}

async function untilChanged(
  { store }: EventStatusDeps,
  eventId: string,
  known: string | undefined,
): Promise<Pick<Wait, 'isDone' | 'isWorthALook'>> {
  const before = known ?? (await etagNow(store, eventId))
  return {
    isDone: (event) => event.settledAtMs !== undefined || !hasState(before, etagOf(eventView(event))),
    isWorthALook: () => true,
  }
}

async function etagNow(store: WaitDeps['store'], eventId: string): Promise<string> {
  const event = await readEvent(store, eventId)
  return event === undefined ? '' : etagOf(eventView(event))
}

function sendStatus(
  { store }: EventStatusDeps,
  request: Request,
  response: Response,
  event: EventRecord,
): void {
  const view = eventView(event)
  const etag = etagOf(view)
  response.set({ etag, 'cache-control': 'private, no-cache' })
  if (event.settledAtMs === undefined)
    response.set('retry-after', String(pollHintSeconds(store, event.deliverAtMs)))
  if (hasState(request.get('if-none-match'), etag)) response.status(304).end()
  else response.json(view)
}

/** A strong entity tag (RFC 9110, section 8.8.3). */
function etagOf(view: object): string {
  return `"${createHash('sha1').update(JSON.stringify(view)).digest('base64url')}"`
}
