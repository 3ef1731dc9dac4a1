/**
 * Send: one HTTP request under the attempt's deadline. With client.ts, the only user of undici.
 *
 * Owns the reading of answers; it does not judge them.
 *
 * - The deadline covers everything: connecting, sending, waiting and reading the body. (undici's own body timeout
 *   starts anew with each chunk, so a dripping answer would never end.)
 * - Redirects are not followed: a 3xx is an answer like any other.
 * - At most `maxResponseBytes` of the body are read, and as many after unpacking; the rest is cut off with the connection.
 */
import type { OutgoingRequest, TargetResponse } from '@manifold/domain'
import type { Dispatcher } from 'undici'
import type { TargetClient } from './client.ts'
import type { Deadline } from './deadline.ts'
import { BlockedAddressError } from './guarded-connector.ts'
import { rootCause } from './root-cause.ts'
import { unpack } from './unpack.ts'

export type Sent =
  | { readonly kind: 'answered'; readonly response: TargetResponse }
  /** No answer, or only part of one. `reason` is a stable word. */
  | { readonly kind: 'failed'; readonly reason: string; readonly error: string }
  /** The target is at an address its config does not allow. */
  | { readonly kind: 'blocked'; readonly error: string }

/** Never throws. Ends with the deadline, also while undici still connects or waits for a free connection. */
export async function send(
  client: TargetClient,
  request: OutgoingRequest,
  deadline: Deadline,
): Promise<Sent> {
  try {
    const response = await Promise.race([exchange(client, request, deadline), deadline.passed])
    return { kind: 'answered', response }
  } catch (error) {
    return describeFailure(error, deadline)
  }
}

async function exchange(
  client: TargetClient,
  request: OutgoingRequest,
  deadline: Deadline,
): Promise<TargetResponse> {
  const answer = await client.agent.request({
    ...splitUrl(request.url),
    method: request.method,
    headers: request.headers,
    body: request.body ?? null,
    signal: deadline.signal,
  })
  return readResponse(answer, client.maxResponseBytes)
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
  const headers = flattenHeaders(answer.headers)
  const received = Buffer.concat(chunks).subarray(0, maxBytes)
  const unpacked = unpack(received, headers['content-encoding'], maxBytes)
  const text = unpacked.bytes.toString('utf8')
  const truncated = bytes > maxBytes || unpacked.truncated
  return {
    status: answer.statusCode,
    headers,
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
  UND_ERR_RES_CONTENT_LENGTH_MISMATCH: 'bad-response',
  ENOTFOUND: 'dns',
  EAI_AGAIN: 'dns',
  ETIMEDOUT: 'timeout',
  UND_ERR_CONNECT_TIMEOUT: 'timeout',
  EHOSTUNREACH: 'unreachable',
  ENETUNREACH: 'unreachable',
}

function describeFailure(error: unknown, deadline: Deadline): Sent {
  if (deadline.over() !== undefined) {
    return { kind: 'failed', reason: 'timeout', error: (deadline.signal.reason as Error).message }
  }
  const root = rootCause(error)
  if (root.name === 'HTTPParserError') return { kind: 'failed', reason: 'bad-response', error: root.message }
  if (root instanceof BlockedAddressError) return { kind: 'blocked', error: root.message }
  const code = 'code' in root ? String(root.code) : ''
  const tls = /^(ERR_TLS|CERT_|DEPTH_ZERO|SELF_SIGNED|UNABLE_TO|ERR_SSL|EPROTO|HOSTNAME_MISMATCH)/.test(code)
  const reason = REASONS[code] ?? (tls ? 'tls' : 'connection-failed')
  return { kind: 'failed', reason, error: root.message }
}
