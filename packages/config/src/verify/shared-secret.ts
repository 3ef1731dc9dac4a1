import type { Verifier } from '@manifold/domain'
import type { Secret } from '../secret.ts'
import { isSame } from './hmac.ts'
import { missingHeader } from './verdict.ts'

export type SharedSecretOptions = {
  /** The header that holds the secret, such as `X-Gitlab-Token`. */
  readonly header: string
  /** What stands before it, such as `Bearer `. */
  readonly prefix?: string
  /** The header in which the sender names the webhook, the same when it sends it again. */
  readonly idHeader?: string
}

/**
 * A secret as it is in a header, for senders that do not sign (GitLab's `X-Gitlab-Token`). Take it over TLS only.
 *
 * Nothing ties the secret to the body, so that a replay cannot be told from a new webhook, but for its id: name the
 * `idHeader`, or give the event an `id` in `toEvent`.
 */
export function sharedSecret(options: SharedSecretOptions, ...secrets: [Secret, ...Secret[]]): Verifier {
  const { header, prefix = '', idHeader } = options
  return {
    kind: 'shared-secret',
    secrets,
    verify: ({ headers }) => {
      const presented = headers[header.toLowerCase()]
      if (presented === undefined) return missingHeader(header)
      let known = false
      for (const secret of secrets) known = isSame(prefix + secret.reveal(), presented) || known
      if (!known) return { kind: 'refused', reason: 'the secret is wrong' }
      return {
        kind: 'genuine',
        id: idHeader === undefined ? undefined : headers[idHeader.toLowerCase()],
      }
    },
  }
}
