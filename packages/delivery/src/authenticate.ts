/**
 * Authenticate: the target's auth builder puts its proof on the request, which is then complete. The second stage of an attempt.
 *
 * A builder's failure is expected (a token service is down), and retried like a failed request. Headers that cannot be
 * sent are another thing: they would fail the same way again.
 */
import { headerError, type Auth, type AuthContext, type OutgoingRequest } from '@manifold/domain'
import type { Deadline } from './deadline.ts'

export type Authenticated =
  | { readonly kind: 'authenticated'; readonly request: OutgoingRequest }
  | { readonly kind: 'failed'; readonly error: string }
  /** A header, the user's or the builder's, that no request may carry. */
  | { readonly kind: 'invalid'; readonly error: string }

/** At once where the builder needs nothing from elsewhere. Never throws, never rejects. */
export function authenticate(
  auth: Auth,
  request: OutgoingRequest,
  context: AuthContext,
): Authenticated | Promise<Authenticated> {
  try {
    const complete = auth.authenticate(request, context)
    return complete instanceof Promise ? complete.then(check).catch(failed) : check(complete)
  } catch (error) {
    return failed(error)
  }
}

/** The same, and no longer than the deadline: a builder need not heed it. */
export function authenticateWithin(
  auth: Auth,
  request: OutgoingRequest,
  context: AuthContext,
  deadline: Deadline,
): Authenticated | Promise<Authenticated> {
  const authenticating = authenticate(auth, request, context)
  if (!(authenticating instanceof Promise)) return authenticating
  return Promise.race([authenticating, deadline.passed().catch(failed)])
}

function failed(error: unknown): Authenticated {
  return { kind: 'failed', error: error instanceof Error ? error.message : String(error) }
}

function check(complete: OutgoingRequest): Authenticated {
  for (const [name, value] of Object.entries(complete.headers)) {
    const error = headerError(name, value)
    if (error !== undefined) return { kind: 'invalid', error }
  }
  return { kind: 'authenticated', request: complete }
}
