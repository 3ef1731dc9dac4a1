/** In front of every route of one event: a caller whose types are limited is told that there is no event of another type. */
import type { Store } from '@manifold/store'
import type { RequestHandler } from 'express'
import { maySeeEvent } from '../callers/own-events.ts'
import { sendProblem } from './problem.ts'
import { callerOf } from './require-scope.ts'

/** Behind the guard that knows the caller. */
export function ownEventsOnly(store: Store): RequestHandler<{ id: string }> {
  return (request, response, next) => {
    const caller = callerOf(response)
    if (caller.mayUse === undefined) {
      next()
      return undefined
    }
    return maySeeEvent(store, caller, request.params.id).then((may) => {
      if (may) next()
      else sendProblem(response, 'event-not-found')
    })
  }
}
