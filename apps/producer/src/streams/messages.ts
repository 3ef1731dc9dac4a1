/**
 * What a stream says: the changes of the feed as callers are told of them, over SSE and WebSocket alike.
 *
 * A change that many follow is one message, and is written as text once.
 */
import { deliveryId } from '@manifold/domain'
import { entryOf, type Change, type EventRecord } from '@manifold/store'
import { eventView, lastAttemptView } from '../http/views.ts'

export type StreamMessage = {
  readonly name: 'accepted' | 'attempt' | 'delivery' | 'settled' | 'event' | 'reset'
  /** Where whoever was told goes on from. */
  readonly place: string
  /** What filters look at; `undefined` where the message says nothing of it. */
  readonly eventId: string | undefined
  readonly type: string | undefined
  readonly target: string | undefined
  readonly status: string | undefined
  /** What it says, as JSON. */
  readonly json: () => string
  /** The same as a frame of `text/event-stream`. */
  readonly frame: () => string
}

type Parts = Pick<StreamMessage, 'name' | 'place'> &
  Partial<Pick<StreamMessage, 'eventId' | 'type' | 'target' | 'status'>> & { readonly body: object }

/** The hub tells all of the same objects: what was made of one for the first is there for the others. */
const made = new WeakMap<Change, StreamMessage>()

/** One message for each change, in order. @param typeOf an event's type; `undefined` when it is no longer kept */
export function messagesOf(
  changes: readonly Change[],
  typeOf: (eventId: string) => string | undefined,
): StreamMessage[] {
  return changes.map((change, index) => {
    const known = made.get(change)
    if (known !== undefined) return known
    const message = toMessage(partsOf(change, typeOf(change.eventId), changes[index + 1]))
    made.set(change, message)
    return message
  })
}

/** The whole event, as it is at a place or after it. */
export function eventMessage(event: EventRecord, place: string): StreamMessage {
  return toMessage({ name: 'event', place, eventId: event.id, type: event.type, body: eventView(event) })
}

/** The end of an event that had settled before anybody followed it. */
export function settledMessage(event: EventRecord, place: string): StreamMessage {
  const { id, type, status, settledAtMs = event.acceptedAtMs } = event
  const body = { eventId: id, type, at: time(settledAtMs), status }
  return toMessage({ name: 'settled', place, eventId: id, type, status, body })
}

/** What came before the place is lost to the stream. */
export function resetMessage(place: string): StreamMessage {
  return toMessage({ name: 'reset', place, body: { reason: 'too-far-behind' } })
}

function toMessage({ name, place, eventId, type, target, status, body }: Parts): StreamMessage {
  let json: string | undefined
  let frame: string | undefined
  const toJson = () => (json ??= JSON.stringify(body))
  return {
    name,
    place,
    eventId,
    type,
    target,
    status,
    json: toJson,
    frame: () => (frame ??= `event: ${name}\nid: ${place}\ndata: ${toJson()}\n\n`),
  }
}

function partsOf(change: Change, type: string | undefined, next: Change | undefined): Parts {
  const { id: place, eventId } = change
  const common = { eventId, type: type ?? null, at: time(change.atMs) }
  switch (change.kind) {
    case 'accepted': {
      // Nobody wanted it: it settled in the step that accepted it.
      const isUnrouted = next?.kind === 'settled' && entryOf(next.id) === entryOf(place)
      const status = isUnrouted ? 'unrouted' : 'pending'
      return { name: 'accepted', place, eventId, type, status, body: { ...common, status } }
    }
    case 'attempt': {
      const { target, attempt } = change
      const body = { ...common, deliveryId: deliveryId(eventId, target), target }
      return {
        name: 'attempt',
        place,
        eventId,
        type,
        target,
        body: { ...body, attempt: lastAttemptView(attempt) },
      }
    }
    case 'delivery': {
      const { target, status, nextAttemptAtMs, generation } = change
      const nextAttemptAt = nextAttemptAtMs === undefined ? null : time(nextAttemptAtMs)
      const body = { ...common, deliveryId: deliveryId(eventId, target), target, status, nextAttemptAt }
      return { name: 'delivery', place, eventId, type, target, status, body: { ...body, generation } }
    }
    case 'settled': {
      const { status } = change
      return { name: 'settled', place, eventId, type, status, body: { ...common, status } }
    }
    default:
      return change satisfies never
  }
}

function time(ms: number): string {
  return new Date(ms).toISOString()
}
