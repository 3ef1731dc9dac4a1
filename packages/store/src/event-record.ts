/**
 * The event record: one hash per event with its envelope, the state of every delivery and the counts that settle it.
 *
 * Owns making it (accept) and reading it; what its fields say is parse-event.ts. Claim, settle, reopen and discard change it, each
 * in its own file.
 */
import { createHash } from 'node:crypto'
import { isTerminal, type CloudEventContext, type EventTrace, type ManifoldEvent } from '@manifold/domain'
import type { DeliveryState } from './delivery-state.ts'
import { runKept } from './kept-script.ts'
import { keys } from './keys.ts'
import { deadDeliveriesIn, parseEvent, type DeliveryRecord, type EventRecord } from './parse-event.ts'
import { loadScript, replyStrings, unexpectedReply } from './script.ts'
import { CHANGE_FEED_LENGTH, IDEMPOTENCY_MS, type Store } from './store.ts'
import { UnreadableRecordError } from './unreadable-record.ts'

export { readContext } from './parse-event.ts'

const acceptEvent = loadScript('accept-event')

export type NewEvent = {
  readonly event: Omit<ManifoldEvent, 'time' | 'data'> & { readonly time: string | undefined }
  /** The event's data, JSON. */
  readonly payload: string
  readonly targets: readonly string[]
  /** Those whose failure does not make the event fail. */
  readonly optionalTargets?: readonly string[]
  /** What a CloudEvent said besides. */
  readonly context?: CloudEventContext | undefined
  /** No attempt before: a time, or so long after it is accepted. */
  readonly notBefore?: { readonly atMs: number } | { readonly delayMs: number } | undefined
  /** No attempt after. */
  readonly expiresAtMs?: number | undefined
  /** Who is told when it is settled. */
  readonly callbackUrl?: string | undefined
  /** Manifold's own: neither listed nor told of in the feed. */
  readonly unlisted?: boolean
  /** Whether the caller chose the id, so that meeting it again can mean another event. */
  readonly ownId: boolean
  /** Hash of the request body: tells a repeated request from another one with the same key. */
  readonly fingerprint: string
  readonly idempotencyKey: { readonly owner: string; readonly key: string } | undefined
  readonly trace: EventTrace
}

export type Accepted = {
  readonly eventId: string
  readonly type: string
  readonly acceptedAtMs: number
  readonly targets: readonly string[]
  /** How long until the first attempt may be made. */
  readonly delayMs: number
}

export type NewlyAccepted = Accepted & {
  /** When it settled, where that was at once and somebody is to be told. */
  readonly callbackAtMs: number | undefined
  readonly traceId: string
}

export type AcceptResult =
  | ({ readonly kind: 'accepted' } & NewlyAccepted)
  | ({ readonly kind: 'duplicate' } & Accepted)
  | { readonly kind: 'key-reused' | 'id-taken'; readonly eventId: string }

/** Makes an event durable, or finds that it already is. One round trip. */
export async function recordEvent(store: Store, input: NewEvent): Promise<AcceptResult> {
  const { event, idempotencyKey } = input
  const digest = idempotencyKey === undefined ? 'none' : idempotencyDigest(idempotencyKey)
  const reply = replyStrings(
    acceptEvent,
    await runKept(
      store,
      acceptEvent,
      [
        keys.event(event.id),
        keys.payload(event.id),
        keys.outbox,
        keys.events,
        keys.retention,
        keys.changes,
        keys.idempotency(digest),
        ...input.targets.map(keys.backlog),
      ],
      [
        event.id,
        input.fingerprint,
        input.ownId ? 1 : 0,
        idempotencyKey === undefined ? 0 : IDEMPOTENCY_MS,
        keys.eventPrefix,
        event.type,
        event.source,
        event.subject ?? '',
        event.time ?? '',
        input.payload,
        `${input.trace.traceId} ${input.trace.flags}`,
        store.retention.settledMs,
        CHANGE_FEED_LENGTH,
        moreOf(input),
        ...input.targets,
      ],
    ),
  )
  const [kind = '', eventId, acceptedAt, third, ...rest] = reply
  if (eventId === undefined) throw unexpectedReply(acceptEvent, reply)
  switch (kind) {
    case 'key-reused':
    case 'id-taken':
      return { kind, eventId }
    case 'accepted':
      return {
        kind,
        eventId,
        type: event.type,
        acceptedAtMs: Number(acceptedAt),
        targets: input.targets,
        delayMs: Number(third),
        callbackAtMs: rest[0] === '-' ? undefined : Number(rest[0]),
        traceId: input.trace.traceId,
      }
    case 'duplicate': {
      const [delayMs, ...targets] = rest
      if (third === undefined || delayMs === undefined) break
      return {
        kind,
        eventId,
        type: third,
        acceptedAtMs: Number(acceptedAt),
        targets,
        delayMs: Number(delayMs),
      }
    }
    default:
  }
  throw unexpectedReply(acceptEvent, reply)
}

/** What few events have, as JSON; nothing for the others. */
function moreOf({
  context,
  notBefore,
  expiresAtMs,
  optionalTargets = [],
  callbackUrl,
  unlisted,
  trace: { spanId },
}: NewEvent): string {
  const optional = optionalTargets.length > 0
  if (
    context === undefined &&
    notBefore === undefined &&
    expiresAtMs === undefined &&
    !optional &&
    callbackUrl === undefined &&
    unlisted !== true &&
    spanId === undefined
  )
    return ''
  return JSON.stringify({
    context: context === undefined ? undefined : JSON.stringify(context),
    notBefore: notBefore !== undefined && 'atMs' in notBefore ? notBefore.atMs : undefined,
    delay: notBefore !== undefined && 'delayMs' in notBefore ? notBefore.delayMs : undefined,
    expiresAt: expiresAtMs,
    optional: optional ? optionalTargets.join(',') : undefined,
    callback: callbackUrl,
    unlisted: unlisted === true ? 1 : undefined,
    span: spanId,
  })
}

/** Keys are namespaced by owner, and of any length: only their hash is a Redis key. */
function idempotencyDigest({ owner, key }: { owner: string; key: string }): string {
  return createHash('sha256')
    .update(JSON.stringify([owner, key]))
    .digest('base64url')
}

/**
 * Reads one event with the state of its deliveries, without its data; `undefined` when it is not kept.
 * @throws {UnreadableRecordError}
 */
export async function readEvent(store: Store, eventId: string): Promise<EventRecord | undefined> {
  return parseEvent(eventId, await store.redis.hgetall(keys.event(eventId)))
}

/**
 * Reads many events in one round trip; one that is no longer kept is `undefined`.
 * @param onUnreadable takes the errors of those that cannot be read, for whom such a one is `undefined` as well: only for those who
 * show events. Whoever acts on them must know the two apart.
 * @throws {UnreadableRecordError} when nobody takes it
 */
export async function readEvents(
  store: Store,
  eventIds: readonly string[],
  onUnreadable?: (error: UnreadableRecordError) => void,
): Promise<(EventRecord | undefined)[]> {
  if (eventIds.length === 0) return []
  const pipeline = store.redis.pipeline()
  for (const eventId of eventIds) pipeline.hgetall(keys.event(eventId))
  const replies = (await pipeline.exec()) ?? []
  return eventIds.map((eventId, index) => {
    const [error, fields] = replies[index] ?? [new Error('no reply'), undefined]
    if (error !== null) throw error
    try {
      return parseEvent(eventId, fields as Record<string, string>)
    } catch (unreadable) {
      if (onUnreadable === undefined || !(unreadable instanceof UnreadableRecordError)) throw unreadable
      onUnreadable(unreadable)
      return undefined
    }
  })
}

/** The targets of which an event has a dead letter, and in which generation. Whatever else of its record cannot be read. */
export async function readDeadDeliveries(
  store: Store,
  eventId: string,
): Promise<readonly (DeliveryState & { readonly target: string })[]> {
  return deadDeliveriesIn(await store.redis.hgetall(keys.event(eventId)))
}

/** The event's data, parsed. */
export async function readPayload(store: Store, eventId: string): Promise<unknown> {
  const payload = await store.redis.get(keys.payload(eventId))
  return payload === null ? undefined : (JSON.parse(payload) as unknown)
}

/** Deliveries of an event that are still to be made. */
export function openDeliveries(event: EventRecord): DeliveryRecord[] {
  return event.deliveries.filter((delivery) => !isTerminal(delivery.status))
}
