/** What one WebSocket follows: several things at once, each a stream of its own with a name of its own. */
import { isStoreUnavailable, UnreadableRecordError } from '@manifold/store'
import type { Caller } from '../callers/caller.ts'
import { maySeeEvent } from '../callers/own-events.ts'
import { problem, type Problem } from '../http/problem.ts'
import { eventSource, type EventSourceDeps } from '../streams/event-source.ts'
import { feedSource, type FeedSourceDeps } from '../streams/feed-source.ts'
import { followChanges, type Reader } from '../streams/follow-changes.ts'
import type { StreamMessage } from '../streams/messages.ts'
import type { OpenStream, OpenStreams } from '../streams/open-streams.ts'
import type { Subscribe } from './client-message.ts'
import type { Outbox } from './outbox.ts'

export type SubscriptionDeps = EventSourceDeps & FeedSourceDeps & { readonly streams: OpenStreams }

export type Subscriptions = {
  /** Resolves when it has ended; tells the client of its beginning and its end itself. @returns why it could not begin */
  readonly add: (asked: Subscribe) => Promise<Problem | undefined>
  /** Whether there was one of this name. */
  readonly remove: (name: string) => boolean
  readonly removeAll: () => void
}

export const MAX_SUBSCRIPTIONS = 100

/** @param caller sees events of its own types only */
export function createSubscriptions(deps: SubscriptionDeps, caller: Caller, outbox: Outbox): Subscriptions {
  const open = new Map<string, AbortController>()
  let made = 0

  const add = async (asked: Subscribe): Promise<Problem | undefined> => {
    if (open.size >= MAX_SUBSCRIPTIONS) {
      const detail = `a connection has ${String(MAX_SUBSCRIPTIONS)} subscriptions at most`
      return problem('too-many-followers', { detail })
    }
    const name = String(++made)
    const gone = new AbortController()
    const reader = createReader(outbox, name, asked.ref, gone.signal)
    const leave = deps.streams.enter(reader, caller)
    if (leave === undefined) return problem('too-many-followers')
    open.set(name, gone)
    try {
      const { eventId, type, target, status, after } = asked
      if (eventId !== undefined && !(await maySeeEvent(deps.store, caller, eventId)))
        return problem('event-not-found')
      const { mayUse } = caller
      const source =
        eventId === undefined
          ? feedSource(deps, { type, target, status, mayUse })
          : eventSource(deps, eventId)
      const end = await followChanges(deps.store, source, after, reader)
      if (end === 'event-not-found' && !reader.isOpen()) return problem('event-not-found')
      if (end === 'nothing-more') reader.open(after ?? '0')
      if (end !== 'left') outbox.send(JSON.stringify({ message: 'ended', subscription: name }))
      return undefined
    } catch (error) {
      if (error instanceof UnreadableRecordError && !reader.isOpen())
        return problem('event-not-found', { detail: error.message })
      if (!isStoreUnavailable(error)) throw error
      // A client comes back with the last place it was told.
      if (!reader.isOpen()) return problem('store-unavailable')
      outbox.close(1013, 'Redis is away: come back with the last id')
      return undefined
    } finally {
      open.delete(name)
      leave()
    }
  }

  return {
    add,
    remove: (name) => {
      const gone = open.get(name)
      gone?.abort()
      return open.delete(name)
    },
    removeAll: () => {
      for (const gone of open.values()) gone.abort()
    },
  }
}

type SubscriptionReader = Reader & OpenStream & { readonly isOpen: () => boolean }

function createReader(
  outbox: Outbox,
  name: string,
  ref: string | undefined,
  signal: AbortSignal,
): SubscriptionReader {
  let place: string | undefined
  return {
    signal,
    isOpen: () => place !== undefined,
    open: (from) => {
      place = from
      outbox.send(JSON.stringify({ message: 'subscribed', ref, subscription: name, id: from }))
    },
    tell: (messages, to) => {
      place = to
      if (!signal.aborted) outbox.send(...messages.map((message) => textOf(message, name)))
    },
    drained: outbox.drained,
    beat: () => {
      if (place !== undefined)
        outbox.send(JSON.stringify({ message: 'heartbeat', subscription: name, id: place }))
    },
    // The connection leaves, and takes its subscriptions with it.
    leave: () => undefined,
  }
}

/** The message's own JSON, written once for all, with whose it is put in front. */
function textOf({ name, place, json }: StreamMessage, subscription: string): string {
  const head = `{"message":"${name}","subscription":"${subscription}","id":"${place}"`
  // An event has an id of its own.
  return name === 'event' ? `${head},"event":${json()}}` : `${head},${json().slice(1)}`
}
