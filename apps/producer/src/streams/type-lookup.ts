/**
 * The types of the events that a reading of the feed tells of: a change names its event only.
 *
 * Asked once a reading, however many follow. What the feed or Redis once told is remembered, of so many events at most.
 */
import { readEventTypes, type Change, type Store } from '@manifold/store'

export type Types = ReadonlyMap<string, string>

/** Types by event id, without events that are no longer kept. At once when all are known. @throws when Redis is away */
export type TypeLookup = (changes: readonly Change[]) => Types | Promise<Types>

const MAX_REMEMBERED = 10_000

export function createTypeLookup(store: Store, maxRemembered = MAX_REMEMBERED): TypeLookup {
  // A Map remembers in which order its keys came: the first was of use least lately.
  const remembered = new Map<string, string>()
  const remember = (eventId: string, type: string) => {
    remembered.delete(eventId)
    remembered.set(eventId, type)
    if (remembered.size <= maxRemembered) return
    for (const oldest of remembered.keys()) {
      remembered.delete(oldest)
      return
    }
  }
  return (changes) => {
    const types = new Map<string, string>()
    const unknown = new Set<string>()
    for (const change of changes) {
      const { eventId } = change
      if (types.has(eventId) || unknown.has(eventId)) continue
      const type = change.kind === 'accepted' ? change.type : remembered.get(eventId)
      if (type === undefined) unknown.add(eventId)
      else {
        types.set(eventId, type)
        remember(eventId, type)
      }
    }
    if (unknown.size === 0) return types
    return readEventTypes(store, [...unknown]).then((found) => {
      for (const [eventId, type] of found) {
        types.set(eventId, type)
        remember(eventId, type)
      }
      return types
    })
  }
}
