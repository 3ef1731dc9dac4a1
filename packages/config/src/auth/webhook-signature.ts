/** What both forms of Standard Webhooks share: what is signed, and where the signatures go. */
import type { OutgoingRequest } from '@manifold/domain'

/** The id and time are those the request carries in `webhook-id` and `webhook-timestamp`. */
export function signedContent(request: OutgoingRequest): { id: string; timestamp: Date; body: Buffer } {
  const seconds = Number(request.headers['webhook-timestamp'])
  return {
    id: request.headers['webhook-id'] ?? '',
    timestamp: new Date(seconds * 1_000),
    body: Buffer.from(request.body ?? ''),
  }
}

export function withSignatures(request: OutgoingRequest, signatures: readonly string[]): OutgoingRequest {
  return { ...request, headers: { ...request.headers, 'webhook-signature': signatures.join(' ') } }
}
