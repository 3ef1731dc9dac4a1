import type { Auth } from '@manifold/domain'
import type { Secret } from '../secret.ts'

/** `Authorization: Bearer <token>` (RFC 6750, section 2.1). */
export function bearer(token: Secret): Auth {
  return {
    kind: 'bearer',
    secrets: [token],
    authenticate: (request) => ({
      ...request,
      headers: { ...request.headers, authorization: `Bearer ${token.reveal()}` },
    }),
  }
}
