import type { Verifier } from '@manifold/domain'
import type { Secret } from '../secret.ts'
import { isSame } from './hmac.ts'

export type BasicAuthOptions = {
  /** May not hold a colon. */
  readonly user: string
  /** The header in which the sender names the webhook, the same when it sends it again. */
  readonly idHeader?: string
}

/**
 * `Authorization: Basic …` (RFC 7617), for senders that do not sign. Take it over TLS only.
 *
 * Nothing ties the password to the body, so that a replay cannot be told from a new webhook, but for its id: name the
 * `idHeader`, or give the event an `id` in `toEvent`.
 */
export function basicAuth(options: BasicAuthOptions, ...passwords: [Secret, ...Secret[]]): Verifier {
  const { user, idHeader } = options
  if (user.includes(':'))
    throw new TypeError('basicAuth(): the user name may not hold a colon (RFC 7617, section 2)')
  return {
    kind: 'basic-auth',
    secrets: passwords,
    challenge: 'Basic realm="manifold", charset="UTF-8"',
    verify: ({ headers }) => {
      const presented = /^basic +(?<credentials>[A-Za-z0-9+/]+={0,2})$/i.exec(headers['authorization'] ?? '')
      const credentials = presented?.groups?.['credentials']
      if (credentials === undefined)
        return { kind: 'refused', reason: 'there is no Authorization: Basic header' }
      const text = Buffer.from(credentials, 'base64').toString('utf8')
      let known = false
      for (const password of passwords) known = isSame(`${user}:${password.reveal()}`, text) || known
      if (!known) return { kind: 'refused', reason: 'the user or the password is wrong' }
      return {
        kind: 'genuine',
        id: idHeader === undefined ? undefined : headers[idHeader.toLowerCase()],
      }
    },
  }
}
