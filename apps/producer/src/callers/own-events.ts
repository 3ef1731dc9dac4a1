/**
 * Whether a caller may see an event: one whose types are limited sees events of these types only, and no other exists for it;
 * nor do callbacks and operational events, which tell of any type.
 */
import { isManifoldEvent } from '@manifold/domain'
import { readEventTypes, type Store } from '@manifold/store'
import type { Caller } from './caller.ts'

/** A round trip only where types are limited. @throws when Redis is away */
export async function maySeeEvent(store: Store, { mayUse }: Caller, eventId: string): Promise<boolean> {
  if (mayUse === undefined) return true
  if (isManifoldEvent(eventId)) return false
  const type = (await readEventTypes(store, [eventId])).get(eventId)
  return type !== undefined && mayUse(type)
}
