/**
 * Following one event to its end.
 *
 * A fresh reader is told of the whole event first. Its place is taken before the event is read: a change that came in between is
 * in the event as it is told, and is told once more. That does no harm, because every message says what is, not what was added.
 */
import { isPlaceKept, newestChange, readChanges, readEvent, type Change, type Store } from '@manifold/store'
import type { ChangeHub } from '../changes/change-hub.ts'
import type { Source } from './follow-changes.ts'
import { eventMessage, messagesOf, resetMessage, settledMessage, type StreamMessage } from './messages.ts'

export type EventSourceDeps = { readonly store: Store; readonly hub: ChangeHub }

const PIECE = 500

export function eventSource({ store, hub }: EventSourceDeps, eventId: string): Source {
  // Known when the event was read, which is before anything is told.
  let type: string | undefined
  const own = (changes: readonly Change[]) =>
    messagesOf(
      changes.filter((change) => change.eventId === eventId),
      () => type,
    )

  const start: Source['start'] = async (isReset) => {
    const place = await newestChange(store)
    const event = await readEvent(store, eventId)
    if (event === undefined) return { kind: 'event-not-found' }
    type = event.type
    const isEnd = event.settledAtMs !== undefined
    const messages: StreamMessage[] = isReset ? [resetMessage(place)] : []
    messages.push(eventMessage(event, place))
    if (isEnd) messages.push(settledMessage(event, place))
    return { kind: 'from', place, messages, isEnd }
  }

  return {
    listen: (reader) =>
      hub.follow({
        eventId,
        onChanges: (changes) => {
          const messages = own(changes)
          const last = messages.at(-1)
          if (last !== undefined) reader.onMessages(messages, last.place)
        },
        onGap: reader.onGap,
      }),
    start,
    resume: async (place) => {
      const event = await readEvent(store, eventId)
      if (event === undefined) return { kind: 'event-not-found' }
      type = event.type
      if (event.settledAtMs === undefined) return { kind: 'from', place, messages: [], isEnd: false }
      // No more will come: what the reader has not seen is all there is to say.
      const rest = await restAfter(store, place, own)
      if (rest === undefined) return start(true)
      const last = rest.at(-1)
      if (last === undefined) return { kind: 'nothing-more' }
      return { kind: 'from', place: last.place, messages: rest, isEnd: true }
    },
    messagesOf: own,
    isLast: (message) => message.name === 'settled',
  }
}

/** All of an event's messages behind a place; `undefined` when some are no longer kept. */
async function restAfter(
  store: Store,
  after: string,
  own: (changes: readonly Change[]) => StreamMessage[],
): Promise<StreamMessage[] | undefined> {
  const rest: StreamMessage[] = []
  for (let place = after; ;) {
    const [changes, isKept] = await Promise.all([readChanges(store, place, PIECE), isPlaceKept(store, place)])
    if (!isKept) return undefined
    rest.push(...own(changes))
    place = changes.at(-1)?.id ?? place
    // An entry is at least one change, but for the one that the place is in: so few were all.
    if (changes.length < PIECE - 1) return rest
  }
}
