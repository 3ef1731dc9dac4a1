/**
 * Authenticate: the target's auth builder puts its proof on the request. The second stage of an attempt.
 *
 * A failure here is expected (a token service is down): it is retried like a failed request.
 */
import type { Auth, OutgoingRequest } from '@manifold/domain'

export type Authenticated =
  | { readonly kind: 'authenticated'; readonly request: OutgoingRequest }
  | { readonly kind: 'failed'; readonly error: string }

export async function authenticate(auth: Auth, request: OutgoingRequest): Promise<Authenticated> {
  try {
    return { kind: 'authenticated', request: await auth.authenticate(request) }
  } catch (error) {
    return { kind: 'failed', error: error instanceof Error ? error.message : String(error) }
  }
}
