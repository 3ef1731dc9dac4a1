import type { Verifier } from '@manifold/domain'
import type { Secret } from '../secret.ts'
import { hmacSignature } from './hmac-signature.ts'
import { signedField } from './signed-field.ts'

/**
 * Slack: `X-Slack-Signature: v0=<hex>` over `v0:<time>:<body>`, with the app's signing secret, at most five minutes old.
 *
 * A webhook of the Events API is known again by its `event_id`. The `url_verification` that Slack sends when the URL is
 * entered is answered with its challenge, and makes no event.
 */
export function slackSignature(...secrets: [Secret, ...Secret[]]): Verifier {
  const hmac = hmacSignature(
    {
      header: 'X-Slack-Signature',
      prefix: 'v0=',
      timestamp: { header: 'X-Slack-Request-Timestamp' },
      signedContent: ({ timestamp, body }) => ['v0:', timestamp, ':', body],
    },
    ...secrets,
  )
  return {
    ...hmac,
    kind: 'slack-signature',
    verify: async (webhook, nowMs) => {
      const verdict = await hmac.verify(webhook, nowMs)
      if (verdict.kind !== 'genuine') return verdict
      const challenge = signedField(webhook.body, 'challenge')
      if (challenge !== undefined && signedField(webhook.body, 'type') === 'url_verification')
        return { kind: 'handshake', answer: challenge }
      return { ...verdict, id: signedField(webhook.body, 'event_id') }
    },
  }
}
