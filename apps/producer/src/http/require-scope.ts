/**
 * Who calls, and whether they may. Keys are compared by their hashes, in constant time.
 *
 * Without configured keys everybody may do everything; the producer then listens on loopback only (settings).
 */
import { timingSafeEqual } from 'node:crypto'
import { hashApiKey, type ApiKey, type Scope } from '@manifold/config'
import type { RequestHandler } from 'express'
import { sendProblem } from './problem.ts'

/** The caller's name where there are no keys. */
export const ANONYMOUS = 'anonymous'

export type RequireScope = (scope: Scope) => RequestHandler

/** Makes the guard for a set of keys: `requireScope('read')` is a handler. */
export function scopeGuard(keys: readonly ApiKey[]): RequireScope {
  return (scope) => (request, response, next) => {
    if (keys.length === 0) {
      response.locals['caller'] = ANONYMOUS
      next()
      return
    }
    const presented = /^Bearer +(\S+)$/i.exec(request.headers.authorization ?? '')?.[1]
    const key = presented === undefined ? undefined : findKey(keys, presented)
    if (key === undefined) {
      const detail =
        presented === undefined ? 'there is no Authorization: Bearer header' : 'the key is not known'
      sendProblem(response, 'unauthenticated', {
        detail,
        headers: { 'www-authenticate': 'Bearer realm="manifold"' },
      })
      return
    }
    response.locals['caller'] = key.name
    if (!key.scopes.has(scope)) {
      sendProblem(response, 'missing-scope', { detail: `the key ${key.name} lacks the scope ${scope}` })
      return
    }
    next()
  }
}

function findKey(keys: readonly ApiKey[], presented: string): ApiKey | undefined {
  const hash = hashApiKey(presented)
  return keys.find((key) => timingSafeEqual(key.hash, hash))
}
