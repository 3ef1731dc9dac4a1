/**
 * Waits until an event is settled: long polls behind one another, each with the ETag of what is known already, so
 * that an unchanged event costs no body.
 */
import { bodyOf, type Answer } from './answer.ts'
import type { Connection } from './connection.ts'
import { startDeadline } from './deadline.ts'
import { timedOut, send } from './request.ts'
import { readRetryAfterMs } from './retry.ts'
import type { EventView, SettledEvent } from './views.ts'

export type WaitOptions = {
  /** How long at most; without it, until the event is settled. */
  readonly timeoutMs?: number | undefined
  readonly signal?: AbortSignal | undefined
}

export type WaitFor = {
  (id: string, options?: WaitOptions & { readonly timeoutMs?: undefined }): Promise<SettledEvent>
  /** When time is up, the event as it is then: its `status` is `pending`. */
  (id: string, options: WaitOptions): Promise<EventView>
}

/** What one request asks the server to wait; the next one carries on. */
const POLL_SECONDS = 30

/** Before asking again a server that did not wait: one that stops, or that stands behind a cache. */
const PAUSE_MS = 1_000

type Seen = { readonly event: EventView; readonly etag: string | null }

/** Without `timeoutMs` until it is settled; else so long, and one request's time more for the last look. */
export function createWaitFor(connection: Connection): WaitFor {
  function waitFor(
    id: string,
    options?: WaitOptions & { readonly timeoutMs?: undefined },
  ): Promise<SettledEvent>
  function waitFor(id: string, options: WaitOptions): Promise<EventView>
  function waitFor(id: string, options: WaitOptions = {}): Promise<EventView> {
    return pollUntilSettled(connection, id, options)
  }
  return waitFor
}

async function pollUntilSettled(
  connection: Connection,
  id: string,
  { timeoutMs = Infinity, signal }: WaitOptions,
): Promise<EventView> {
  const { clock } = connection
  const untilMs = clock.nowMs() + timeoutMs
  const limitMs = timeoutMs + connection.timeoutMs
  const limit = startDeadline(limitMs, signal)
  let seen: Seen | undefined
  try {
    for (;;) {
      const startedAtMs = clock.nowMs()
      const waitSeconds = Math.floor(Math.min(POLL_SECONDS, Math.max(0, untilMs - startedAtMs) / 1_000))
      const answer = await poll(connection, id, waitSeconds, seen, limit.signal)
      seen = seenIn(answer, seen)
      const leftMs = untilMs - clock.nowMs()
      if (seen.event.status !== 'pending' || leftMs <= 0) return seen.event
      const serverWaited = waitSeconds > 0 && clock.nowMs() - startedAtMs > waitSeconds * 500
      if (!serverWaited) await clock.sleep(Math.min(leftMs, pauseMs(connection, answer)), limit.signal)
    }
  } catch (error) {
    if (!limit.isOver()) throw error
    if (seen === undefined) throw timedOut(limitMs)
    return seen.event
  } finally {
    limit.end()
  }
}

function poll(
  connection: Connection,
  id: string,
  waitSeconds: number,
  seen: Seen | undefined,
  signal: AbortSignal | undefined,
): Promise<Answer> {
  const etag = seen?.etag ?? null
  return send(connection, {
    method: 'GET',
    path: ['v1', 'events', id],
    query: { wait: waitSeconds },
    headers: etag === null ? {} : { 'if-none-match': etag },
    repeat: 'always',
    expect: seen === undefined ? [200] : [200, 304],
    waitMs: waitSeconds * 1_000,
    signal,
  })
}

function seenIn(answer: Answer, before: Seen | undefined): Seen {
  if (answer.status === 304 && before !== undefined) return before
  return {
    event: bodyOf<EventView>(answer, ['id', 'status', 'deliveries']),
    etag: answer.headers.get('etag'),
  }
}

function pauseMs({ clock }: Connection, { headers }: Answer): number {
  const askedMs = readRetryAfterMs(headers.get('retry-after'), clock.nowMs()) ?? PAUSE_MS
  // A delayed event names a time that is far off; it may be cancelled before.
  return Math.min(askedMs, POLL_SECONDS * 1_000)
}
