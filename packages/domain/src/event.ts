/**
 * The event: what a caller POSTed, under its CloudEvents names.
 *
 * Owns the noun and its id. It does not own the HTTP body that makes one (event-input.ts),
 * nor where an event is kept (the store).
 */
import { monotonicFactory } from 'ulid'

/** An event as filters, transforms and the delivery stages see it. Never mutated. */
export type ManifoldEvent<Data = unknown> = {
  readonly id: string
  readonly type: string
  /** Who sent it (CloudEvents `source`). */
  readonly source: string
  readonly subject: string | undefined
  /** When it happened, RFC 3339. */
  readonly time: string
  readonly data: Data
}

export type EventStatus = 'pending' | 'delivered' | 'partially_delivered' | 'failed' | 'unrouted'

export const EVENT_STATUSES: readonly EventStatus[] = [
  'pending',
  'delivered',
  'partially_delivered',
  'failed',
  'unrouted',
]

/** What a caller may choose as an event's id: safe in a URL path, a Redis key and a queue's job id. */
export const EVENT_ID_PATTERN = /^[A-Za-z0-9][A-Za-z0-9._~-]{0,127}$/

/**
 * Makes event ids: `evt_` and a ULID, ascending even within one millisecond.
 * @param random a source of numbers in [0, 1); the platform's secure one by default.
 */
export function createEventIdFactory(random?: () => number): (nowMs: number) => string {
  const ulid = monotonicFactory(random)
  return (nowMs) => `evt_${ulid(nowMs)}`
}
