/**
 * The change feed: a stream of what happens to events, in order, for those who follow them live.
 *
 * Bounded: a reader that is too far behind finds its place gone. The event record, not the feed, is the truth.
 *
 * What one step did is one entry: an attempt, the state it left the delivery in, and the event's end with it. A reader is
 * told of each as a change of its own; they share a place.
 */
import { keys } from './keys.ts'
import type { Store } from './store.ts'

export type Change = {
  /** Place in the feed; give it back as `after` to go on from here. */
  readonly id: string
  /** `accepted`, `attempt`, `delivery` or `settled`. */
  readonly change: string
  readonly eventId: string
  /** What the script wrote beside: `target`, `status`, `number`, `attempt` … */
  readonly fields: Readonly<Record<string, string>>
}

/**
 * Changes after a place in the feed (`0` is the oldest kept), oldest first.
 * @param limit entries at most; an entry is up to three changes
 */
export async function readChanges(store: Store, after: string, limit: number): Promise<Change[]> {
  const entries = await store.redis.xrange(keys.changes, `(${after}`, '+', 'COUNT', limit)
  return entries.flatMap(([id, flat]) => {
    const fields: Record<string, string> = {}
    for (let at = 0; at + 1 < flat.length; at += 2) fields[flat[at] ?? ''] = flat[at + 1] ?? ''
    return changesOf(id, fields)
  })
}

function changesOf(id: string, entry: Record<string, string>): Change[] {
  const { change = '', event: eventId = '', target = '', attempt, settled, ...rest } = entry
  const changes: Change[] = []
  const tell = (what: string, fields: Record<string, string>) => {
    changes.push({ id, change: what, eventId, fields })
  }
  if (change === 'accepted') tell('accepted', rest)
  if (attempt !== undefined) tell('attempt', { target, number: attempt.split(' ', 1)[0] ?? '', attempt })
  if (rest['status'] !== undefined) tell('delivery', { target, ...rest })
  if (settled !== undefined) tell('settled', { status: settled })
  return changes
}

/** The place of the newest change; `0` when there is none. */
export async function newestChange(store: Store): Promise<string> {
  const [newest] = await store.redis.xrevrange(keys.changes, '+', '-', 'COUNT', 1)
  return newest?.[0] ?? '0'
}
