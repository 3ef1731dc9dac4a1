/**
 * Render: from an event and a target to the request that will be sent. The first stage of an attempt.
 *
 * The user's functions run here. One that throws, or gives something that cannot be sent, is an expected failure:
 * trying again would fail the same way.
 */
import {
  formatTraceparent,
  type ManifoldEvent,
  type OutgoingRequest,
  type HttpTarget,
} from '@manifold/domain'
import { attributeHeaders, eventBody, type Body } from './event-message.ts'
import { urlParts } from './url-parts.ts'

export type RenderInput = {
  readonly target: Pick<HttpTarget, 'url' | 'method' | 'headers' | 'body' | 'format'>
  readonly event: ManifoldEvent
  readonly deliveryId: string
  readonly trace: { readonly traceId: string; readonly flags: string }
  /** 16 hex digits, new for each attempt. */
  readonly spanId: string
  readonly nowMs: number
  readonly userAgent: string
}

export type Rendered =
  | { readonly kind: 'rendered'; readonly request: OutgoingRequest }
  /** `reason` is a stable word, `error` what went wrong. */
  | { readonly kind: 'invalid'; readonly reason: string; readonly error: string }

const METHODS: ReadonlySet<string> = new Set(['POST', 'PUT', 'PATCH', 'DELETE', 'GET'])

/** Never throws: what a user's function does wrong is `invalid`. */
export function render(input: RenderInput): Rendered {
  try {
    const url = renderUrl(input)
    if (url.kind === 'invalid') return url
    const body = renderBody(input)
    const headers = renderHeaders(input, body.contentType)
    const method =
      typeof input.target.method === 'function' ? input.target.method(input.event) : input.target.method
    if (!METHODS.has(method)) return { kind: 'invalid', reason: 'bad-method', error: `no method ${method}` }
    return {
      kind: 'rendered',
      request: { method, url: url.url, headers, body: method === 'GET' ? undefined : body.bytes },
    }
  } catch (error) {
    return {
      kind: 'invalid',
      reason: 'transform-failed',
      error: error instanceof Error ? error.message : String(error),
    }
  }
}

type Url = { readonly kind: 'url'; readonly url: string } | Extract<Rendered, { kind: 'invalid' }>

function renderUrl({ target, event }: RenderInput): Url {
  const text = typeof target.url === 'string' ? target.url : target.url(event)
  const url = urlParts(text)
  if (url === undefined)
    return { kind: 'invalid', reason: 'bad-url', error: `"${text}" is not an absolute URL` }
  if (url.protocol !== 'http:' && url.protocol !== 'https:') {
    return { kind: 'invalid', reason: 'bad-url', error: `only http and https, not ${url.protocol}` }
  }
  if (url.hasCredentials) {
    return { kind: 'invalid', reason: 'bad-url', error: 'no credentials in a URL: use auth' }
  }
  return { kind: 'url', url: url.href }
}

function renderBody({ target, event }: RenderInput): Body {
  if (target.body === undefined) return eventBody(event, target.format)
  const value = target.body(event)
  if (typeof value === 'string') return { bytes: value, contentType: 'text/plain; charset=utf-8' }
  if (value instanceof Uint8Array) return { bytes: value, contentType: 'application/octet-stream' }
  if (value instanceof URLSearchParams) {
    return { bytes: value.toString(), contentType: 'application/x-www-form-urlencoded;charset=UTF-8' }
  }
  if (value instanceof ArrayBuffer)
    return { bytes: new Uint8Array(value), contentType: 'application/octet-stream' }
  if (value instanceof FormData || value instanceof Blob)
    throw new TypeError('body gave a FormData or Blob: send JSON, text or bytes')
  if (value instanceof Promise) throw new TypeError('body must not be async: it gave a Promise')
  const json = JSON.stringify(value) as string | undefined
  if (json === undefined) throw new TypeError(`body gave ${typeof value}, which is not JSON`)
  return { bytes: json, contentType: 'application/json' }
}

/**
 * The user's headers over the defaults, and under those that say what event and what delivery this is. A `ce-` header
 * that the event has no attribute for is the user's to add.
 */
function renderHeaders(input: RenderInput, contentType: string): Record<string, string> {
  const { target, event } = input
  const own = typeof target.headers === 'function' ? target.headers(event) : target.headers
  if (own instanceof Promise) throw new TypeError('headers must not be async: it gave a Promise')
  const headers: Record<string, string> = { 'content-type': contentType, 'user-agent': input.userAgent }
  for (const [name, value] of Object.entries(own)) headers[name.toLowerCase()] = value
  if (target.format === 'cloudevents-binary') Object.assign(headers, attributeHeaders(event))
  headers['idempotency-key'] = input.deliveryId
  headers['webhook-id'] = input.deliveryId
  headers['webhook-timestamp'] = String(Math.floor(input.nowMs / 1_000))
  headers['traceparent'] = formatTraceparent(input.trace.traceId, input.spanId, input.trace.flags)
  return headers
}
