/** Following the whole feed, narrowed by a filter. It never ends by itself. */
import { newestChange, type Change, type Store } from '@manifold/store'
import type { Source } from './follow-changes.ts'
import type { LiveFeed } from './live-feed.ts'
import { messagesOf, resetMessage } from './messages.ts'
import { compileFilter, type StreamFilter } from './stream-filter.ts'
import type { TypeLookup } from './type-lookup.ts'

export type FeedSourceDeps = {
  readonly store: Store
  readonly feed: LiveFeed
  readonly lookUpTypes: TypeLookup
}

export function feedSource({ store, feed, lookUpTypes }: FeedSourceDeps, filter: StreamFilter): Source {
  const passes = compileFilter(filter)
  return {
    listen: (reader) =>
      feed.follow({
        onMessages: (messages, place) => {
          reader.onMessages(messages.filter(passes), place)
        },
        onGap: reader.onGap,
      }),
    start: async (isReset) => {
      const place = await newestChange(store)
      return { kind: 'from', place, messages: isReset ? [resetMessage(place)] : [], isEnd: false }
    },
    resume: (place) => Promise.resolve({ kind: 'from', place, messages: [], isEnd: false }),
    messagesOf: async (changes: readonly Change[]) => {
      const types = await lookUpTypes(changes)
      return messagesOf(changes, (eventId) => types.get(eventId)).filter(passes)
    },
    isLast: () => false,
  }
}
