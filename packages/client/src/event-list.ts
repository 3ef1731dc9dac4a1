/** The events there are, newest first, by what they are and what has become of them. */
import { bodyOf } from './answer.ts'
import type { Connection } from './connection.ts'
import type { CallOptions } from './events.ts'
import { everyItem, type PageOptions } from './pages.ts'
import { send } from './request.ts'
import type { EventStatus, EventView, Page } from './views.ts'

export type EventFilter = {
  /** The type, exactly. */
  readonly type?: string | undefined
  readonly status?: EventStatus | undefined
  /** Accepted after this time. */
  readonly after?: string | Date | undefined
  /** Accepted before this time. */
  readonly before?: string | Date | undefined
}

export type EventList = {
  /** Every one that the filter takes, newest first; fetches a page when the last one was taken. */
  readonly all: (filter?: EventFilter, options?: CallOptions) => AsyncGenerator<EventView, void, undefined>
  /** One page. */
  readonly list: (filter?: EventFilter, options?: PageOptions) => Promise<Page<EventView>>
}

export function eventList(connection: Connection): EventList {
  const list: EventList['list'] = async (filter = {}, { limit, cursor, signal } = {}) => {
    const answer = await send(connection, {
      method: 'GET',
      path: ['v1', 'events'],
      query: { ...filter, limit, cursor },
      repeat: 'always',
      expect: [200],
      signal,
    })
    return bodyOf<Page<EventView>>(answer, ['items', 'nextCursor'])
  }
  return { list, all: (filter, options) => everyItem((page) => list(filter, page), options) }
}
