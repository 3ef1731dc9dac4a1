/**
 * One connection to a stream: opened, read frame by frame, and given up when it is silent for too long, which is how
 * a connection that was cut without a word looks.
 */
import { errorOf } from './answer.ts'
import type { Connection } from './connection.ts'
import { startDeadline, type Deadline } from './deadline.ts'
import type { ManifoldError } from './errors.ts'
import { createEventSourceReader, type Frame } from './event-source-reader.ts'
import { exchange, urlOf, type Call } from './exchange.ts'
import { timedOut, unreachable } from './request.ts'
import { readRetryAfterMs } from './retry.ts'

export type StreamConnection = {
  readonly kind: 'open'
  /** The frames of the next piece; undefined when the connection has ended, however it did. */
  readonly next: () => Promise<readonly Frame[] | undefined>
  readonly retryMs: () => number | undefined
  /** Frees the socket at once. */
  readonly close: () => void
}

export type Opening = StreamConnection | { readonly kind: 'failed'; readonly error: ManifoldError }

export type OpenStream = {
  readonly call: Call
  /** Resumes behind this place. */
  readonly lastEventId: string
  readonly silenceMs: number
  readonly signal: AbortSignal | undefined
}

/** @throws the reason of the signal when it is aborted; nothing else */
export async function openStream(connection: Connection, options: OpenStream): Promise<Opening> {
  const { call, lastEventId, signal } = options
  signal?.throwIfAborted()
  const deadline = startDeadline(connection.timeoutMs, signal)
  const fail = (error: ManifoldError): Opening => {
    deadline.end()
    deadline.abort()
    return { kind: 'failed', error }
  }
  try {
    const headers = {
      accept: 'text/event-stream',
      ...(lastEventId === '' ? {} : { 'last-event-id': lastEventId }),
    }
    const url = urlOf(connection, call)
    const response = await exchange(connection, url, { ...call, headers }, deadline.signal)
    const isStream = response.headers.get('content-type')?.startsWith('text/event-stream') === true
    if (response.status === 200 && isStream && response.body !== null)
      return readFrames(response.body.getReader(), options, deadline)
    const retryAfterMs = readRetryAfterMs(response.headers.get('retry-after'), connection.clock.nowMs())
    const { status, headers: answered } = response
    return fail(errorOf({ status, headers: answered, text: await response.text() }, retryAfterMs))
  } catch (error) {
    const failed = fail(deadline.isOver() ? timedOut(connection.timeoutMs) : unreachable(error))
    signal?.throwIfAborted()
    return failed
  }
}

function readFrames(
  body: ReadableStreamDefaultReader<Uint8Array>,
  { lastEventId, silenceMs, signal }: OpenStream,
  deadline: Deadline,
): StreamConnection {
  // The reader drops the byte order mark.
  const decoder = new TextDecoder('utf-8', { ignoreBOM: true })
  const reader = createEventSourceReader(lastEventId)
  const close = () => {
    deadline.end()
    deadline.abort()
  }
  return {
    kind: 'open',
    next: async () => {
      try {
        deadline.restart(silenceMs)
        const { done, value } = await body.read()
        // A caller who takes long over a message is not a silent server.
        deadline.hold()
        if (!done) return reader.read(decoder.decode(value, { stream: true }))
      } catch {
        // Cut, silent for too long, or aborted: only the last is for the caller.
        signal?.throwIfAborted()
      }
      close()
      return undefined
    },
    retryMs: reader.retryMs,
    close,
  }
}
