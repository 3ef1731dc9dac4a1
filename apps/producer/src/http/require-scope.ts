/**
 * Who calls, and whether they may. Keys are compared by their hashes, in constant time.
 *
 * Without configured keys everybody may do everything; the producer then listens on loopback only (settings).
 */
import { timingSafeEqual } from 'node:crypto'
import { hashApiKey, SCOPES, type ApiKey, type Scope } from '@manifold/config'
import type { RequestHandler } from 'express'
import { sendProblem } from './problem.ts'

/** The caller's name where there are no keys. */
export const ANONYMOUS = 'anonymous'

/** How a caller without a key is told to bring one. */
export const CHALLENGE = { 'www-authenticate': 'Bearer realm="manifold"' }

export type RequireScope = (scope: Scope) => RequestHandler

export type Caller = { readonly name: string; readonly scopes: ReadonlySet<Scope> }

export type CallerReading =
  | { readonly kind: 'caller'; readonly caller: Caller }
  | { readonly kind: 'unauthenticated'; readonly detail: string }

const ANYBODY: CallerReading = {
  kind: 'caller',
  caller: { name: ANONYMOUS, scopes: new Set(SCOPES) },
}

/** Who presents this `Authorization` header. */
export function findCaller(keys: readonly ApiKey[], authorization: string | undefined): CallerReading {
  if (keys.length === 0) return ANYBODY
  const presented = /^Bearer +(\S+)$/i.exec(authorization ?? '')?.[1]
  if (presented === undefined)
    return { kind: 'unauthenticated', detail: 'there is no Authorization: Bearer header' }
  const key = findKey(keys, presented)
  if (key === undefined) return { kind: 'unauthenticated', detail: 'the key is not known' }
  return { kind: 'caller', caller: key }
}

/** Makes the guard for a set of keys: `requireScope('read')` is a handler. */
export function scopeGuard(keys: readonly ApiKey[]): RequireScope {
  return (scope) => (request, response, next) => {
    const reading = findCaller(keys, request.headers.authorization)
    if (reading.kind === 'unauthenticated') {
      const { detail } = reading
      sendProblem(response, 'unauthenticated', { detail, headers: CHALLENGE })
      return
    }
    const { caller } = reading
    response.locals['caller'] = caller.name
    if (!caller.scopes.has(scope)) {
      sendProblem(response, 'missing-scope', { detail: lacks(caller, scope) })
      return
    }
    next()
  }
}

/** What a missing scope is answered with. */
export function lacks({ name }: Caller, scope: Scope): string {
  return `the key ${name} lacks the scope ${scope}`
}

function findKey(keys: readonly ApiKey[], presented: string): ApiKey | undefined {
  const hash = hashApiKey(presented)
  return keys.find((key) => timingSafeEqual(key.hash, hash))
}
