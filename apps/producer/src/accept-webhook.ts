/**
 * Accept a verified webhook: from what its source makes of it to events, each stored once however often it is sent.
 *
 * Owns what `toEvent` may give, and how a webhook is known again. Whether it is genuine was decided before.
 */
import { hash } from 'node:crypto'
import type { Source, Verdict, WebhookRequest } from '@manifold/domain'
import {
  judgeEvent,
  storeEvent,
  type Acceptable,
  type AcceptAnswer,
  type AcceptDeps,
  type AcceptRequest,
} from './accept-event.ts'
import type { Overloaded } from './overload/intake.ts'

/** More than any sender puts into one webhook. */
const MAX_EVENTS = 1_000

export type GenuineWebhook = {
  readonly source: Source
  readonly verdict: Extract<Verdict, { kind: 'genuine' }>
  readonly request: WebhookRequest
  readonly rawBody: Uint8Array
  readonly traceparent: string | undefined
}

/** An event that is stored, now or before, or whose id belongs to another body. */
export type StoredEvent = Extract<AcceptAnswer, { readonly eventId: string }>

export type WebhookAnswer =
  | { readonly kind: 'not-of-interest' }
  | { readonly kind: 'stored'; readonly events: readonly StoredEvent[] }
  | Overloaded
  /** For the log alone: it may hold what the webhook held. */
  | { readonly kind: 'refused'; readonly why: object }

/** Stores all events of a webhook, or says why none. @throws when Redis cannot take them */
export async function acceptWebhook(deps: AcceptDeps, webhook: GenuineWebhook): Promise<WebhookAnswer> {
  const bodies = eventsOf(webhook)
  if (bodies.kind !== 'events') return bodies
  const requests = bodies.events.map((body, index) => acceptRequest(webhook, body, index))

  // One bad event sinks the webhook: half of it would be neither refused nor accepted. So does one that there is no room for.
  const acceptable: { readonly request: AcceptRequest; readonly judgement: Acceptable }[] = []
  for (const request of requests) {
    const judgement = judgeEvent(deps, request)
    if (judgement.kind !== 'acceptable') return { kind: 'refused', why: judgement }
    acceptable.push({ request, judgement })
  }
  const refused = deps.intake.admit(acceptable.map(({ judgement }) => judgement))
  if (refused !== undefined) return refused

  const events = await Promise.all(
    acceptable.map(({ request, judgement }) =>
      storeEvent(deps, request, judgement).finally(() => {
        deps.intake.stored([judgement])
      }),
    ),
  )
  return { kind: 'stored', events }
}

type Events =
  | { readonly kind: 'events'; readonly events: readonly unknown[] }
  | Extract<WebhookAnswer, { kind: 'not-of-interest' | 'refused' }>

/** Asks the source's own code, which may do anything. */
function eventsOf({ source, request }: GenuineWebhook): Events {
  let events: unknown[]
  try {
    const made = source.toEvent(request)
    if (made === undefined) return { kind: 'not-of-interest' }
    if (made instanceof Promise) {
      made.catch(() => undefined)
      return { kind: 'refused', why: new TypeError('toEvent gave a promise: it must not be async') }
    }
    // What is stored is JSON, and is judged as such.
    const json: unknown = JSON.parse(JSON.stringify(made))
    events = Array.isArray(json) ? (json as unknown[]) : [json]
  } catch (error) {
    return { kind: 'refused', why: error instanceof Error ? error : new Error(String(error)) }
  }
  if (events.length === 0) return { kind: 'not-of-interest' }
  if (events.length > MAX_EVENTS)
    return { kind: 'refused', why: new RangeError(`toEvent gave more than ${String(MAX_EVENTS)} events`) }
  const ids = events.map(ownId).filter((id) => id !== undefined)
  if (new Set(ids).size < ids.length)
    return { kind: 'refused', why: new TypeError('toEvent gave two events the same id') }
  return { kind: 'events', events }
}

function acceptRequest(
  { source, verdict, rawBody, traceparent }: GenuineWebhook,
  body: unknown,
  index: number,
): AcceptRequest {
  const identity = identityOf(verdict, ownId(body) !== undefined)
  return {
    body,
    rawBody: verdict.fingerprint ?? rawBody,
    idempotencyKey: identity === undefined ? undefined : `${identity} ${String(index)}`,
    caller: `source:${source.path}`,
    traceparent,
  }
}

/** The sender's id; else the event's own; else the signed bytes. With none of them, every webhook is a new one. */
function identityOf({ id, signed }: GenuineWebhook['verdict'], hasOwnId: boolean): string | undefined {
  if (id !== undefined && id !== '') return `id ${id}`
  if (hasOwnId || signed === undefined) return undefined
  return `signed ${hash('sha256', Buffer.concat(signed.map((part) => Buffer.from(part))))}`
}

function ownId(event: unknown): string | undefined {
  if (typeof event !== 'object' || event === null || !('id' in event)) return undefined
  return typeof event.id === 'string' ? event.id : undefined
}
