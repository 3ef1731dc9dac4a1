/**
 * Send: one HTTP request under one deadline. The third stage of an attempt, and the only user of undici.
 *
 * Owns the connections to targets. It does not judge what came back.
 *
 * - The deadline covers everything: connecting, sending, waiting and reading the body. (undici's own body timeout
 *   starts anew with each chunk, so a dripping answer would never end.)
 * - Redirects are not followed: a 3xx is an answer like any other.
 * - At most `maxResponseBytes` of the body are read; the rest is cut off with the connection.
 */
import type { OutgoingRequest, Target, TargetResponse } from '@manifold/domain'
import { Agent, type Dispatcher } from 'undici'

export type Sent =
  | { readonly kind: 'answered'; readonly response: TargetResponse }
  /** No answer, or only part of one. `reason` is a stable word. */
  | { readonly kind: 'failed'; readonly reason: string; readonly error: string }
  /** Cut off because this process is stopping. */
  | { readonly kind: 'interrupted' }

export type Sender = {
  readonly send: (request: OutgoingRequest, signal: AbortSignal) => Promise<Sent>
  readonly close: () => Promise<void>
}

const DEADLINE = new Error('deadline')
const STOPPING = new Error('stopping')

/** A sender with a connection pool of its own: one target's slow connections are nobody else's. */
export function createSender(target: Pick<Target, 'timeoutMs' | 'maxResponseBytes' | 'concurrency'>): Sender {
  const agent = new Agent({
    connections: target.concurrency,
    pipelining: 1,
    keepAliveTimeout: 10_000,
    connect: { timeout: target.timeoutMs },
    // The total deadline rules; these would only end it in other words.
    headersTimeout: 0,
    bodyTimeout: 0,
  })
  return {
    send: async (request, signal) => {
      const cutOff = new AbortController()
      const onStop = () => {
        cutOff.abort(STOPPING)
      }
      const deadline = setTimeout(() => {
        cutOff.abort(DEADLINE)
      }, target.timeoutMs)
      if (signal.aborted) onStop()
      else signal.addEventListener('abort', onStop, { once: true })
      try {
        const answer = await agent.request({
          ...splitUrl(request.url),
          method: request.method,
          headers: request.headers,
          body: request.body ?? null,
          signal: cutOff.signal,
        })
        return { kind: 'answered', response: await readResponse(answer, target.maxResponseBytes) }
      } catch (error) {
        return describeFailure(error, cutOff.signal, target.timeoutMs)
      } finally {
        clearTimeout(deadline)
        signal.removeEventListener('abort', onStop)
      }
    },
    close: async () => {
      await agent.destroy()
    },
  }
}

function splitUrl(text: string): { origin: string; path: string } {
  const url = new URL(text)
  return { origin: url.origin, path: url.pathname + url.search }
}

async function readResponse(answer: Dispatcher.ResponseData, maxBytes: number): Promise<TargetResponse> {
  const chunks: Buffer[] = []
  let bytes = 0
  for await (const chunk of answer.body as AsyncIterable<Buffer>) {
    chunks.push(chunk)
    bytes += chunk.length
    // Leaving the loop destroys the body, and its connection with it.
    if (bytes > maxBytes) break
  }
  const text = Buffer.concat(chunks).subarray(0, maxBytes).toString('utf8')
  const truncated = bytes > maxBytes
  return {
    status: answer.statusCode,
    headers: flattenHeaders(answer.headers),
    text,
    truncated,
    json: truncated ? undefined : parseJson(text),
  }
}

function flattenHeaders(headers: Dispatcher.ResponseData['headers']): Record<string, string> {
  const flat: Record<string, string> = {}
  for (const [name, value] of Object.entries(headers)) {
    if (value !== undefined) flat[name] = Array.isArray(value) ? value.join(', ') : value
  }
  return flat
}

function parseJson(text: string): unknown {
  if (text === '') return undefined
  try {
    return JSON.parse(text) as unknown
  } catch {
    return undefined
  }
}

const REASONS: Readonly<Record<string, string>> = {
  ECONNREFUSED: 'connection-refused',
  ECONNRESET: 'connection-reset',
  EPIPE: 'connection-reset',
  UND_ERR_SOCKET: 'connection-reset',
  ENOTFOUND: 'dns',
  EAI_AGAIN: 'dns',
  ETIMEDOUT: 'timeout',
  UND_ERR_CONNECT_TIMEOUT: 'timeout',
  EHOSTUNREACH: 'unreachable',
  ENETUNREACH: 'unreachable',
  HPE_INVALID_CONSTANT: 'bad-response',
}

function describeFailure(error: unknown, cutOff: AbortSignal, timeoutMs: number): Sent {
  if (cutOff.reason === STOPPING) return { kind: 'interrupted' }
  if (cutOff.reason === DEADLINE) {
    return { kind: 'failed', reason: 'timeout', error: `no complete answer within ${String(timeoutMs)} ms` }
  }
  const { code, message } = rootOf(error)
  const tls = /^(ERR_TLS|CERT_|DEPTH_ZERO|SELF_SIGNED|UNABLE_TO|ERR_SSL|EPROTO)/.test(code)
  const reason =
    REASONS[code] ?? (tls ? 'tls' : code.startsWith('HPE_') ? 'bad-response' : 'connection-failed')
  return { kind: 'failed', reason, error: message }
}

/** The innermost error says what happened; several addresses tried come as one AggregateError. */
function rootOf(error: unknown): { code: string; message: string } {
  if (error instanceof AggregateError && error.errors.length > 0) return rootOf(error.errors[0])
  if (!(error instanceof Error)) return { code: '', message: String(error) }
  if (error.cause instanceof Error) return rootOf(error.cause)
  return { code: 'code' in error ? String(error.code) : '', message: error.message }
}
