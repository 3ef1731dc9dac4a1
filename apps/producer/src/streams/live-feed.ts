/**
 * The live feed: every change as a message, for all who follow more than one event.
 *
 * Follows the hub once for all of them, so that types are looked up once a reading. Changes stay in the order of the feed.
 */
import { setTimeout as wait } from 'node:timers/promises'
import type { Change } from '@manifold/store'
import type { ChangeHub, Following } from '../changes/change-hub.ts'
import { messagesOf, type StreamMessage } from './messages.ts'
import type { TypeLookup, Types } from './type-lookup.ts'

export type FeedReader = {
  /** Told of the messages of one reading together. @param place of the last change of the reading */
  readonly onMessages: (messages: readonly StreamMessage[], place: string) => void
  /** Changes were lost; the next ones come after the gap. */
  readonly onGap: () => void
}

export type LiveFeed = { readonly follow: (reader: FeedReader) => Following }

export type LiveFeedDeps = {
  readonly hub: ChangeHub
  readonly lookUpTypes: TypeLookup
  readonly onError: (error: unknown) => void
}

type Reading = readonly Change[] | 'gap'

/** Readings that may wait for their types; Redis is then in a bad way, and those who follow start anew. */
const MAX_WAITING = 100
const RETRY_MS = 200

/** One for each producer. */
export function createLiveFeed({ hub, lookUpTypes, onError }: LiveFeedDeps): LiveFeed {
  const readers = new Set<FeedReader>()
  const waiting: Reading[] = []
  let isWorking = false
  let following: Following | undefined

  const typesOf = async (changes: readonly Change[]): Promise<Types> => {
    while (readers.size > 0) {
      try {
        return await lookUpTypes(changes)
      } catch (error) {
        onError(error)
        await wait(RETRY_MS)
      }
    }
    return new Map()
  }
  const tell = (reading: Reading, types: Types) => {
    const messages = reading === 'gap' ? [] : messagesOf(reading, (eventId) => types.get(eventId))
    const place = messages.at(-1)?.place
    for (const reader of [...readers]) {
      try {
        if (place === undefined) reader.onGap()
        else reader.onMessages(messages, place)
      } catch (error) {
        onError(error)
      }
    }
  }
  const work = async () => {
    isWorking = true
    for (let reading = waiting.shift(); reading !== undefined; reading = waiting.shift()) {
      if (readers.size === 0) continue
      tell(reading, reading === 'gap' ? new Map() : await typesOf(reading))
    }
    isWorking = false
  }
  const take = (reading: Reading) => {
    if (waiting.length >= MAX_WAITING) waiting.splice(0, Infinity, 'gap')
    waiting.push(reading)
    if (!isWorking) void work()
  }

  return {
    follow: (reader) => {
      readers.add(reader)
      following ??= hub.follow({
        onChanges: take,
        onGap: () => {
          take('gap')
        },
      })
      const { ready } = following
      return {
        ready,
        stop: () => {
          readers.delete(reader)
          if (readers.size > 0) return
          following?.stop()
          following = undefined
          waiting.length = 0
        },
      }
    },
  }
}
