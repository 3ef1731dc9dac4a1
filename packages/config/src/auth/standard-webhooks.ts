import { isUtf8 } from 'node:buffer'
import { createHmac } from 'node:crypto'
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
        secrets.map((secret) => sign(secret, id, timestamp, body)),
      )
    },
    check: () =>
      secrets.flatMap((secret) => {
        const wellFormed = /^whsec_[A-Za-z0-9+/]+={0,2}$/.test(secret.reveal())
        return wellFormed ? [] : [`secret ${secret.name}: must be whsec_ followed by base64`]
      }),
  }
}

/** The library signs text; bytes that are no text are signed here as they are. */
function sign(secret: Secret, id: string, timestamp: Date, body: Buffer): string {
  if (isUtf8(body)) return new Webhook(secret.reveal()).sign(id, timestamp, body.toString('utf8'))
  const key = Buffer.from(secret.reveal().replace(/^whsec_/, ''), 'base64')
  const seconds = String(Math.floor(timestamp.getTime() / 1_000))
  return `v1,${createHmac('sha256', key).update(`${id}.${seconds}.`).update(body).digest('base64')}`
}
