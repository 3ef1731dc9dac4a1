/**
 * Receiving an answer: the callbacks of one undici dispatch, until the answer is there, cut off, or has failed.
 *
 * Owns reading no more than it may: at most `maxBytes` of the body, and as many after unpacking; the rest is cut off with the
 * connection. The body becomes text or JSON for those who look.
 */
import type { TargetResponse } from '@manifold/domain'
import type { Dispatcher } from 'undici'
import { unpack } from './unpack.ts'

export type AnswerHandlers = {
  readonly onAnswer: (response: TargetResponse) => void
  readonly onFailure: (error: unknown) => void
  /** The request has left. */
  readonly onSent: () => void
}

export type AnswerReceiver = Dispatcher.DispatchHandler & {
  /** Gives the request up, whether it is under way or still waits for a connection. */
  readonly abort: (reason: Error) => void
}

const CUT_OFF = new Error('longer than may be read')

/** Exactly one of `onAnswer` and `onFailure` is called, once. */
export function receiveAnswer(
  maxBytes: number,
  { onAnswer, onFailure, onSent }: AnswerHandlers,
): AnswerReceiver {
  let controller: Dispatcher.DispatchController | undefined
  let aborted: Error | undefined
  let done = false
  let status = 0
  let headers: Readonly<Record<string, string>> = {}
  const chunks: Buffer[] = []
  let bytes = 0

  const answer = () => {
    if (done) return
    done = true
    onAnswer(toResponse(status, headers, chunks, bytes, maxBytes))
  }
  const fail = (error: unknown) => {
    if (done) return
    done = true
    onFailure(error)
  }

  return {
    abort: (reason) => {
      aborted = reason
      controller?.abort(reason)
      fail(reason)
    },
    onRequestStart: (given) => {
      controller = given
      if (aborted !== undefined) given.abort(aborted)
    },
    onResponseStart: (_controller, statusCode, raw) => {
      // 1xx: the answer is still to come.
      if (statusCode < 200) return
      status = statusCode
      headers = flattenHeaders(raw)
    },
    onResponseData: (given, chunk) => {
      chunks.push(chunk)
      bytes += chunk.length
      if (bytes <= maxBytes) return
      answer()
      given.abort(CUT_OFF)
    },
    onRequestSent: onSent,
    onResponseEnd: answer,
    onResponseError: (_controller, error) => {
      fail(error)
    },
  }
}

function flattenHeaders(
  raw: Readonly<Record<string, string | string[] | undefined>>,
): Record<string, string> {
  const flat: Record<string, string> = {}
  for (const name in raw) {
    const value = raw[name]
    if (value !== undefined) flat[name] = typeof value === 'string' ? value : value.join(', ')
  }
  return flat
}

function toResponse(
  status: number,
  headers: Readonly<Record<string, string>>,
  chunks: readonly Buffer[],
  bytes: number,
  maxBytes: number,
): TargetResponse {
  const received = Buffer.concat(chunks).subarray(0, maxBytes)
  const unpacked = unpack(received, headers['content-encoding'], maxBytes)
  const truncated = bytes > maxBytes || unpacked.truncated
  return {
    status,
    headers,
    truncated,
    get text() {
      return unpacked.bytes.toString('utf8')
    },
    get json(): unknown {
      return truncated ? undefined : parseJson(unpacked.bytes.toString('utf8'))
    },
  }
}

function parseJson(text: string): unknown {
  if (text === '') return undefined
  try {
    return JSON.parse(text) as unknown
  } catch {
    return undefined
  }
}
