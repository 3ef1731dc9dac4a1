/**
 * The guard of every route that asks for a scope: who calls, whether they may, and whether they may now.
 *
 * Leaves the caller in `response.locals`; read it with `callerOf(response)`. What limits callers is its own part: rate-limit/.
 */
import type { Scope } from '@manifold/config'
import type { RequestHandler, Response } from 'express'
import {
  challengeOf,
  lacks,
  type Caller,
  type CallerReading,
  type IdentifyCaller,
} from '../callers/caller.ts'
import type { RateLimiter } from '../rate-limit/rate-limiter.ts'
import { setRateLimitHeaders, tooMany } from './rate-limited.ts'
import { problem, sendProblem, type Problem } from './problem.ts'

export type RequireScope = (scope: Scope) => RequestHandler

/** Makes the guard: `requireScope('read')` is a handler. */
export function scopeGuard(identify: IdentifyCaller, limiter: RateLimiter | undefined): RequireScope {
  return (scope) => (request, response, next) => {
    const reading = identify(request.headers.authorization)
    if (!(reading instanceof Promise)) return admit(reading, scope, limiter, response, next)
    return reading.then((one) => admit(one, scope, limiter, response, next))
  }
}

/** Who was let in. */
export function callerOf(response: Response): Caller {
  return response.locals['identity'] as Caller
}

/** Notes who calls, for handlers and for the log. */
export function noteCaller(response: Response, caller: Caller): void {
  response.locals['identity'] = caller
  response.locals['caller'] = caller.name
}

/** Why somebody is not let in at all. */
export function strangerProblem(reading: Exclude<CallerReading, { kind: 'caller' }>): Problem {
  if (reading.kind === 'unknown')
    return problem('token-keys-unavailable', { headers: { 'retry-after': '1' } })
  return problem('unauthenticated', { detail: reading.detail, headers: challengeOf(reading) })
}

function admit(
  reading: CallerReading,
  scope: Scope,
  limiter: RateLimiter | undefined,
  response: Response,
  next: Parameters<RequestHandler>[2],
): Promise<void> | undefined {
  if (reading.kind !== 'caller') {
    const { code, details } = strangerProblem(reading)
    sendProblem(response, code, details)
    return undefined
  }
  const { caller } = reading
  noteCaller(response, caller)
  if (!caller.scopes.has(scope)) {
    sendProblem(response, 'missing-scope', { detail: lacks(caller, scope) })
    return undefined
  }
  // Who operates must get in while everybody else floods.
  if (limiter === undefined || scope === 'admin' || !limiter.limits(caller)) {
    next()
    return undefined
  }
  return limiter.take(caller, scope, 1).then((taken) => {
    setRateLimitHeaders(response, taken)
    if (taken.granted === 1) next()
    else {
      const { code, details } = tooMany(taken)
      sendProblem(response, code, details)
    }
  })
}
