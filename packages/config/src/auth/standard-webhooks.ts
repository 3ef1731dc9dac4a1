import type { Auth } from '@manifold/domain'
import { Webhook } from 'standardwebhooks'
import type { Secret } from '../secret.ts'
import { signedContent, withSignatures } from './webhook-signature.ts'

/**
 * Standard Webhooks 1.0, symmetric: `webhook-signature: v1,<base64 HMAC-SHA256>`.
 *
 * @param secrets `whsec_…`; the first is the present one. During a rotation name the old one too: each signs, and the
 *   receiver accepts either.
 */
export function standardWebhooks(...secrets: [Secret, ...Secret[]]): Auth {
  return {
    kind: 'standard-webhooks',
    secrets,
    authenticate: (request) => {
      const { id, timestamp, body } = signedContent(request)
      return withSignatures(
        request,
        secrets.map((secret) => new Webhook(secret.reveal()).sign(id, timestamp, body)),
      )
    },
    check: () =>
      secrets.flatMap((secret) => {
        try {
          new Webhook(secret.reveal())
          return []
        } catch {
          return [`secret ${secret.name}: must be whsec_ followed by base64`]
        }
      }),
  }
}
