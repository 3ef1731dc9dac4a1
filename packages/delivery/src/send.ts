/**
 * Send: one HTTP request under the attempt's deadline. With client.ts, the only user of undici.
 *
 * Owns what a failure is called; how an answer is read is answer.ts, and what it comes to classify.ts.
 *
 * - The deadline covers everything: connecting, sending, waiting and reading the body. (undici's own body timeout
 *   starts anew with each chunk, so a dripping answer would never end.)
 * - Redirects are not followed: a 3xx is an answer like any other.
 */
import type { OutgoingRequest, TargetResponse } from '@manifold/domain'
import { receiveAnswer } from './answer.ts'
import type { TargetClient } from './client.ts'
import type { Deadline } from './deadline.ts'
import { BlockedAddressError } from './guarded-connector.ts'
import { rootCause } from './root-cause.ts'
import { urlParts } from './url-parts.ts'

export type Sent =
  | { readonly kind: 'answered'; readonly response: TargetResponse }
  /** No answer, or only part of one. `reason` is a stable word. */
  | { readonly kind: 'failed'; readonly reason: string; readonly error: string }
  /** The target is at an address its config does not allow. */
  | { readonly kind: 'blocked'; readonly error: string }

/**
 * Never rejects. Ends with the deadline, also while undici still connects or waits for a free connection.
 * @param onSent told when the request has left
 */
export function send(
  client: TargetClient,
  request: OutgoingRequest,
  deadline: Deadline,
  onSent: () => void = nobodyAsks,
): Promise<Sent> {
  return new Promise((resolve) => {
    const onFailure = (error: unknown) => {
      resolve(describeFailure(error, deadline.over() !== undefined))
    }
    const receiver = receiveAnswer(client.maxResponseBytes, {
      onAnswer: (response) => {
        resolve({ kind: 'answered', response })
      },
      onFailure,
      onSent,
    })
    deadline.onOver(receiver.abort)
    if (deadline.over() !== undefined) return
    const parts = urlParts(request.url)
    if (parts === undefined) {
      onFailure(new TypeError(`"${request.url}" is not an absolute URL`))
      return
    }
    try {
      client.agentFor(parts.origin).dispatch(
        {
          origin: parts.origin,
          path: parts.path,
          method: request.method,
          headers: request.headers,
          body: request.body ?? null,
        },
        receiver,
      )
    } catch (error) {
      onFailure(error)
    }
  })
}

function nobodyAsks(): void {
  // Nor need be told.
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

/** What a failure to connect, send or receive is called. */
export function describeFailure(error: unknown, late: boolean): Exclude<Sent, { kind: 'answered' }> {
  const root = rootCause(error)
  if (late) return { kind: 'failed', reason: 'timeout', error: root.message }
  if (root.name === 'HTTPParserError') return { kind: 'failed', reason: 'bad-response', error: root.message }
  if (root instanceof BlockedAddressError) return { kind: 'blocked', error: root.message }
  const code = 'code' in root ? String(root.code) : ''
  const tls = /^(ERR_TLS|CERT_|DEPTH_ZERO|SELF_SIGNED|UNABLE_TO|ERR_SSL|EPROTO|HOSTNAME_MISMATCH)/.test(code)
  const reason = REASONS[code] ?? (tls ? 'tls' : 'connection-failed')
  return { kind: 'failed', reason, error: root.message }
}
