/** `GET /v1/events/:id/result`: one answer for all of an event's deliveries: 200 when it has settled, 202 until then. */
import { readAggregate, readEvent, type Store } from '@manifold/store'
import type { RequestHandler } from 'express'
import { sendProblem } from './problem.ts'
import { pollHintSeconds, resultView } from './views.ts'

/** Shows an event's result. */
export function showEventResult(store: Store): RequestHandler<{ id: string }> {
  return async (request, response) => {
    const event = await readEvent(store, request.params.id)
    if (event === undefined) {
      sendProblem(response, 'event-not-found')
      return
    }
    response.set('cache-control', 'private, no-cache')
    if (event.settledAtMs === undefined) {
      response
        .status(202)
        .location(`/v1/events/${event.id}`)
        .set('retry-after', String(pollHintSeconds(store, event.deliverAtMs)))
    }
    response.json(resultView(await readAggregate(store, event)))
  }
}
