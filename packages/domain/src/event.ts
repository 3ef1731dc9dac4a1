/**
 * The event: what a caller POSTed, under its CloudEvents names.
 *
 * Owns the noun and its id. It does not own the HTTP body that makes one (event-input.ts),
 * nor where an event is kept (the store).
 */
import { monotonicFactory } from 'ulid'

/** A value of a CloudEvents extension attribute. */
export type ExtensionValue = string | number | boolean

/** What a CloudEvent may say besides (CloudEvents 1.0, section 3). Kept, and passed on to targets. */
export type CloudEventContext = {
  /** The id its source gave it, where Manifold made one of its own from source and id. */
  readonly sourceId?: string | undefined
  /** Extension attributes by name. */
  readonly extensions?: Readonly<Record<string, ExtensionValue>> | undefined
  /** Media type of `data`; JSON without it. Text then is a string in `data`. */
  readonly dataContentType?: string | undefined
  readonly dataSchema?: string | undefined
  /** `data` is a string that holds bytes. */
  readonly dataEncoding?: 'base64' | undefined
}

/** An event as filters, transforms and the delivery stages see it. Never mutated. */
export type ManifoldEvent<Data = unknown> = CloudEventContext & {
  readonly id: string
  readonly type: string
  /** Who sent it (CloudEvents `source`). */
  readonly source: string
  readonly subject: string | undefined
  /** When it happened, RFC 3339. */
  readonly time: string
  readonly data: Data
}

export type EventStatus =
  'pending' | 'delivered' | 'partially_delivered' | 'failed' | 'cancelled' | 'unrouted'

export const EVENT_STATUSES: readonly EventStatus[] = [
  'pending',
  'delivered',
  'partially_delivered',
  'failed',
  'cancelled',
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
