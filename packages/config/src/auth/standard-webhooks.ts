import { createHmac } from 'node:crypto'
import type { Auth } from '@manifold/domain'
import type { Secret } from '../secret.ts'
import { signedContent, withSignatures } from './webhook-signature.ts'

const PREFIX = 'whsec_'

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
      const { id, seconds, body } = signedContent(request)
      return withSignatures(
        request,
        secrets.map((secret) => sign(secret, id, seconds, body)),
      )
    },
    check: () =>
      secrets.flatMap((secret) => {
        const wellFormed = /^whsec_[A-Za-z0-9+/]+={0,2}$/.test(secret.reveal())
        return wellFormed ? [] : [`secret ${secret.name}: must be whsec_ followed by base64`]
      }),
  }
}

function sign(secret: Secret, id: string, seconds: string, body: string | Uint8Array): string {
  const key = Buffer.from(secret.reveal().slice(PREFIX.length), 'base64')
  return `v1,${createHmac('sha256', key).update(`${id}.${seconds}.`).update(body).digest('base64')}`
}
