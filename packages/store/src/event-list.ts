/** The list of events, newest first, with filters. */
import { isManifoldEvent, type EventStatus } from '@manifold/domain'
import { readEvents } from './event-record.ts'
import { keys } from './keys.ts'
import type { EventRecord } from './parse-event.ts'
import type { Store } from './store.ts'
import { scanIndex, type Page } from './scan-index.ts'
import type { Position, Range } from './time-index.ts'
import type { UnreadableRecordError } from './unreadable-record.ts'

export type EventFilter = Range & {
  readonly type?: string | undefined
  readonly status?: EventStatus | undefined
  /** Whether an event of this type may be seen, unless it is Manifold's own; `undefined`: any. */
  readonly mayUse?: ((type: string) => boolean) | undefined
}

/**
 * One page. `next` is `undefined` only at the end; a page may hold fewer than `limit` and still have a `next`.
 * @param onUnreadable told of each record that is left out because it cannot be read
 */
export async function listEvents(
  store: Store,
  filter: EventFilter,
  from: Position | undefined,
  limit: number,
  onUnreadable: (error: UnreadableRecordError) => void = () => undefined,
): Promise<Page<EventRecord>> {
  return scanIndex(store, {
    key: keys.events,
    order: 'newest',
    range: filter,
    from,
    limit,
    filtered: filter.type !== undefined || filter.status !== undefined || filter.mayUse !== undefined,
    hidesOthers: filter.mayUse !== undefined,
    read: (positions) =>
      readEvents(
        store,
        positions.map((entry) => entry.id),
        onUnreadable,
      ),
    matches: (event) => matches(event, filter),
  })
}

function matches(event: EventRecord, filter: EventFilter): boolean {
  if (filter.type !== undefined && event.type !== filter.type) return false
  if (filter.mayUse !== undefined && (isManifoldEvent(event.id) || !filter.mayUse(event.type))) return false
  return filter.status === undefined || event.status === filter.status
}

/** How many events are kept. */
export async function countEvents(store: Store): Promise<number> {
  return store.redis.zcard(keys.events)
}
