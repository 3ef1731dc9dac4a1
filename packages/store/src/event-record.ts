/**
 * The event record: one hash per event with its envelope, the state of every delivery and the counts that settle it.
 *
 * Owns making it (accept) and reading it. Claim, settle, reopen and discard change it, each in its own file.
 */
import { createHash } from 'node:crypto'
import {
  deliveryId,
  isTerminal,
  type CloudEventContext,
  type EventStatus,
  type EventTrace,
  type ManifoldEvent,
} from '@manifold/domain'
import { readAttempt, type RecordedAttempt } from './attempts.ts'
import { readDeliveryState, stateField, type DeliveryState } from './delivery-state.ts'
import { runKept } from './kept-script.ts'
import { keys } from './keys.ts'
import { loadScript, replyStrings, unexpectedReply } from './script.ts'
import { CHANGE_FEED_LENGTH, IDEMPOTENCY_MS, type Store } from './store.ts'

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

export type DeliveryRecord = DeliveryState & {
  readonly id: string
  readonly target: string
  /** Whether the event counts as failed when this delivery does. */
  readonly required: boolean
  readonly lastAttempt: RecordedAttempt | undefined
}

export type EventRecord = CloudEventContext & {
  readonly id: string
  readonly type: string
  readonly source: string
  readonly subject: string | undefined
  readonly time: string
  readonly acceptedAtMs: number
  readonly settledAtMs: number | undefined
  /** No attempt was made before; `undefined` when it was not put off. */
  readonly deliverAtMs: number | undefined
  /** No attempt is made after. */
  readonly expiresAtMs: number | undefined
  /** Who is told when it is settled. */
  readonly callbackUrl: string | undefined
  readonly trace: EventTrace
  readonly status: EventStatus
  readonly deliveries: readonly DeliveryRecord[]
}

/** Reads one event with the state of its deliveries, without its data. */
export async function readEvent(store: Store, eventId: string): Promise<EventRecord | undefined> {
  return parseEvent(eventId, await store.redis.hgetall(keys.event(eventId)))
}

/** Reads many events in one round trip; one that is no longer kept is `undefined`. */
export async function readEvents(
  store: Store,
  eventIds: readonly string[],
): Promise<(EventRecord | undefined)[]> {
  if (eventIds.length === 0) return []
  const pipeline = store.redis.pipeline()
  for (const eventId of eventIds) pipeline.hgetall(keys.event(eventId))
  const replies = (await pipeline.exec()) ?? []
  return eventIds.map((eventId, index) => {
    const [error, fields] = replies[index] ?? [new Error('no reply'), undefined]
    if (error !== null) throw error
    return parseEvent(eventId, fields as Record<string, string>)
  })
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

// The store wrote these fields: their values are ours, and are trusted.
function parseEvent(eventId: string, fields: Record<string, string>): EventRecord | undefined {
  const acceptedAt = fields['acceptedAt']
  if (acceptedAt === undefined) return undefined
  const acceptedAtMs = Number(acceptedAt)
  const time = fields['time']
  const [traceId = '', flags = '00'] = (fields['trace'] ?? '').split(' ')
  const optional = (fields['optional'] ?? '').split(',')
  return {
    ...readContext(fields['context']),
    id: eventId,
    type: fields['type'] ?? '',
    source: fields['source'] ?? '',
    subject: fields['subject'],
    time: time === undefined || time === '' ? new Date(acceptedAtMs).toISOString() : time,
    acceptedAtMs,
    settledAtMs: optionalNumber(fields['settledAt']),
    deliverAtMs: optionalNumber(fields['deliverAt']),
    expiresAtMs: optionalNumber(fields['expiresAt']),
    callbackUrl: fields['callback'],
    trace: { traceId, flags, spanId: fields['span'] },
    status: fields['status'] as EventStatus,
    deliveries: (fields['targets'] ?? '')
      .split(',')
      .filter((target) => target !== '')
      .map((target) => parseDelivery(eventId, target, !optional.includes(target), fields)),
  }
}

function parseDelivery(
  eventId: string,
  target: string,
  required: boolean,
  fields: Record<string, string>,
): DeliveryRecord {
  return {
    id: deliveryId(eventId, target),
    target,
    required,
    ...readDeliveryState(fields[stateField(target)] ?? ''),
    lastAttempt: readLast(fields[`${target}/last`]),
  }
}

/** What `moreOf` wrote. */
export function readContext(text: string | undefined): CloudEventContext {
  return text === undefined || text === '' ? {} : (JSON.parse(text) as CloudEventContext)
}

function readLast(entry: string | undefined): RecordedAttempt | undefined {
  return entry === undefined ? undefined : readAttempt(entry)
}

function optionalNumber(text: string | undefined): number | undefined {
  return text === undefined || text === '' ? undefined : Number(text)
}
