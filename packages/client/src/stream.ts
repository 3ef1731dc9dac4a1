/**
 * Follows a stream across connections: resumes behind the last message when one ends, backs off while none can be
 * opened, and stops by itself when the one event it is about is settled.
 */
import type { Connection } from './connection.ts'
import type { ManifoldError } from './errors.ts'
import type { Call, QueryValue } from './exchange.ts'
import { mayRepeat, retryDelayMs } from './retry.ts'
import { openStream, type OpenStream } from './stream-connection.ts'
import { readMessage, type StreamMessage } from './stream-messages.ts'
import type { DeliveryStatus, EventStatus } from './views.ts'

/** One event by its id; or what happens from now on, narrowed by the rest. */
export type StreamFilter =
  | { readonly eventId: string }
  | {
      readonly eventId?: undefined
      /** A pattern such as `order.*`. */
      readonly type?: string | undefined
      readonly target?: string | undefined
      readonly status?: EventStatus | DeliveryStatus | undefined
    }

export type StreamOptions = {
  /** Carries on behind the message with this `id`. */
  readonly after?: string | undefined
  /** Nothing for so long, not even a heartbeat, means that the connection is gone. Default 45,000. */
  readonly silenceMs?: number | undefined
  /** Told each time there is a connection: what is published from now on will be in the stream. */
  readonly onOpen?: (() => void) | undefined
  /** Told before each pause; without an error when the server ended the connection. */
  readonly onReconnect?: ((delayMs: number, error: ManifoldError | undefined) => void) | undefined
  readonly signal?: AbortSignal | undefined
}

const RECONNECT_MS = 1_000
const MAX_RECONNECT_MS = 30_000

/**
 * A stream that was open once is reopened for as long as it takes; only one that never was gives up, after as many
 * attempts as any request.
 *
 * @throws {ManifoldError} when the server refuses the stream
 * @throws the reason of the signal when it is aborted
 */
export async function* stream(
  connection: Connection,
  filter: StreamFilter,
  options: StreamOptions,
): AsyncGenerator<StreamMessage, void, undefined> {
  const { silenceMs = 45_000, after = '', onOpen, onReconnect, signal } = options
  const call = callOf(filter)
  let wasOpen = false
  let failures = 0
  let baseMs = RECONNECT_MS
  let request: OpenStream = { call, lastEventId: after, silenceMs, signal }
  for (;;) {
    const opening = await openStream(connection, request)
    if (opening.kind === 'failed') {
      failures += 1
      const pauseMs = pauseBehind(connection, opening.error, failures, wasOpen, baseMs)
      if (pauseMs === undefined) throw opening.error
      onReconnect?.(pauseMs, opening.error)
      await connection.clock.sleep(pauseMs, signal)
      continue
    }
    wasOpen = true
    const openedAtMs = connection.clock.nowMs()
    onOpen?.()
    try {
      for (let frames = await opening.next(); frames !== undefined; frames = await opening.next()) {
        for (const frame of frames) {
          failures = 0
          request = { ...request, lastEventId: frame.lastEventId }
          const message = readMessage(frame)
          if (message === undefined) continue
          yield message
          if (message.message === 'settled' && filter.eventId !== undefined) return
        }
      }
    } finally {
      opening.close()
    }
    baseMs = opening.retryMs() ?? baseMs
    // A quiet feed that held for long was no failure.
    failures = connection.clock.nowMs() - openedAtMs > MAX_RECONNECT_MS ? 1 : failures + 1
    const pauseMs = jittered(connection, failures, baseMs)
    onReconnect?.(pauseMs, undefined)
    await connection.clock.sleep(pauseMs, signal)
  }
}

/** @returns undefined when there is no use in trying again */
function pauseBehind(
  connection: Connection,
  error: ManifoldError,
  failures: number,
  wasOpen: boolean,
  baseMs: number,
): number | undefined {
  if (!mayRepeat('always', error.status)) return undefined
  if (!wasOpen) return retryDelayMs(connection.retry, failures, error.retryAfterMs, connection.random)
  return Math.max(error.retryAfterMs ?? 0, jittered(connection, failures, baseMs))
}

/** Half of it is chance: readers that a restart cut off together do not come back together, nor at once. */
function jittered({ random }: Connection, failures: number, baseMs: number): number {
  const capMs = Math.min(MAX_RECONNECT_MS, baseMs * 2 ** (failures - 1))
  return (capMs * (1 + random())) / 2
}

function callOf(filter: StreamFilter): Call {
  if (filter.eventId !== undefined) return { method: 'GET', path: ['v1', 'events', filter.eventId, 'stream'] }
  const query: Record<string, QueryValue> = {
    type: filter.type,
    target: filter.target,
    status: filter.status,
  }
  return { method: 'GET', path: ['v1', 'stream'], query }
}
