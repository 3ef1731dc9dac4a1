/** The types of events, for those who know only their ids. */
import { keys } from './keys.ts'
import type { Store } from './store.ts'

/** One round trip. An event that is no longer kept is left out. */
export async function readEventTypes(
  store: Store,
  eventIds: readonly string[],
): Promise<ReadonlyMap<string, string>> {
  const types = new Map<string, string>()
  if (eventIds.length === 0) return types
  const pipeline = store.redis.pipeline()
  for (const eventId of eventIds) pipeline.hget(keys.event(eventId), 'type')
  const replies = (await pipeline.exec()) ?? []
  for (const [index, eventId] of eventIds.entries()) {
    const [error, type] = replies[index] ?? []
    if (error) throw error
    if (typeof type === 'string') types.set(eventId, type)
  }
  return types
}
