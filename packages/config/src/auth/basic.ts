import type { Auth } from '@manifold/domain'
import { noteRevealed } from '../revealed-secrets.ts'
import type { Secret } from '../secret.ts'

/** `Authorization: Basic …` (RFC 7617). @param user may not hold a colon */
export function basic(user: string, password: Secret): Auth {
  if (user.includes(':'))
    throw new TypeError('basic(): the user name may not hold a colon (RFC 7617, section 2)')
  return {
    kind: 'basic',
    secrets: [password],
    authenticate: (request) => {
      const credentials = Buffer.from(`${user}:${password.reveal()}`).toString('base64')
      noteRevealed(credentials)
      return { ...request, headers: { ...request.headers, authorization: `Basic ${credentials}` } }
    },
  }
}
