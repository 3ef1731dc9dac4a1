/** The list of events, newest first, with filters. */
import type { EventStatus } from '@manifold/domain'
import { readEvents, type EventRecord } from './event-record.ts'
import { keys } from './keys.ts'
import type { Store } from './store.ts'
import { walkIndex, type Position, type Range } from './time-index.ts'

export type EventFilter = Range & {
  readonly type?: string | undefined
  readonly status?: EventStatus | undefined
}

/** Records looked at for one page: a rare filter gives a short page with a cursor instead of a slow answer. */
const MAX_SCANNED = 2_000

export type Page<Item> = { readonly items: readonly Item[]; readonly next: Position | undefined }

/** One page. `next` is `undefined` only at the end; a page may hold fewer than `limit` and still have a `next`. */
export async function listEvents(
  store: Store,
  filter: EventFilter,
  from: Position | undefined,
  limit: number,
): Promise<Page<EventRecord>> {
  const filtered = filter.type !== undefined || filter.status !== undefined
  const step = filtered ? Math.max(limit, 200) : limit
  const items: EventRecord[] = []
  let position = from
  for (let scanned = 0; scanned < MAX_SCANNED;) {
    const positions = await walkIndex(store, keys.events, 'newest', filter, position, step)
    const events = await readEvents(
      store,
      positions.map((entry) => entry.id),
    )
    for (const [index, event] of events.entries()) {
      position = positions[index]
      if (event !== undefined && matches(event, filter)) items.push(event)
      if (items.length === limit) {
        const isLast = index === events.length - 1 && positions.length < step
        return { items, next: isLast ? undefined : position }
      }
    }
    if (positions.length < step) return { items, next: undefined }
    scanned += positions.length
  }
  return { items, next: position }
}

function matches(event: EventRecord, filter: EventFilter): boolean {
  if (filter.type !== undefined && event.type !== filter.type) return false
  return filter.status === undefined || event.status === filter.status
}

/** How many events are kept. */
export async function countEvents(store: Store): Promise<number> {
  return store.redis.zcard(keys.events)
}
