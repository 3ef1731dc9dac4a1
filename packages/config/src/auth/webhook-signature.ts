/** What both forms of Standard Webhooks share: what is signed, and where the signatures go. */
import type { OutgoingRequest } from '@manifold/domain'

/** The id and time are those the request carries in `webhook-id` and `webhook-timestamp`. */
export function signedContent(request: OutgoingRequest): {
  id: string
  seconds: string
  body: string | Uint8Array
} {
  return {
    id: request.headers['webhook-id'] ?? '',
    seconds: request.headers['webhook-timestamp'] ?? '',
    body: request.body ?? '',
  }
}

export function withSignatures(request: OutgoingRequest, signatures: readonly string[]): OutgoingRequest {
  return { ...request, headers: { ...request.headers, 'webhook-signature': signatures.join(' ') } }
}
