/** Reads a webhook: as bytes for its verifier, and, once verified, as text, JSON or form for `toEvent`. */
import type { IncomingHttpHeaders } from 'node:http'
import type { UnverifiedWebhook, WebhookRequest } from '@manifold/domain'
import type { Request } from 'express'

const utf8 = new TextDecoder('utf-8', { fatal: true })

/** The request of a route that reads bytes. */
export function unverifiedWebhook(request: Request): UnverifiedWebhook {
  const body: unknown = request.body
  const url = request.originalUrl
  const query = url.indexOf('?')
  return {
    headers: plainHeaders(request.headers),
    query: new URLSearchParams(query === -1 ? '' : url.slice(query)),
    body: body instanceof Uint8Array ? body : new Uint8Array(),
  }
}

export type WebhookReading =
  | { readonly kind: 'request'; readonly request: WebhookRequest }
  | { readonly kind: 'invalid-utf8' }
  | { readonly kind: 'malformed-json'; readonly detail: string }

/** A body that says it is JSON must be; another one is looked at, as many senders do not say. */
export function readVerified({ headers, query, body }: UnverifiedWebhook): WebhookReading {
  let text: string
  try {
    text = utf8.decode(body)
  } catch {
    return { kind: 'invalid-utf8' }
  }
  const request = { headers, query, text, json: undefined, form: new URLSearchParams() }
  const media = (headers['content-type'] ?? '').split(';', 1)[0]?.trim().toLowerCase() ?? ''
  if (media === 'application/x-www-form-urlencoded')
    return { kind: 'request', request: { ...request, form: new URLSearchParams(text) } }
  try {
    return { kind: 'request', request: { ...request, json: JSON.parse(text) as unknown } }
  } catch (error) {
    const saysJson = media === 'application/json' || media.endsWith('+json')
    if (!saysJson || text === '') return { kind: 'request', request }
    return { kind: 'malformed-json', detail: error instanceof Error ? error.message : String(error) }
  }
}

function plainHeaders(headers: IncomingHttpHeaders): Record<string, string> {
  return Object.fromEntries(
    Object.entries(headers).flatMap(([name, value]) =>
      value === undefined ? [] : [[name, typeof value === 'string' ? value : value.join(', ')]],
    ),
  )
}
