/**
 * The change feed: a stream of what happens to events, in order, for those who follow them live.
 *
 * Bounded: a reader that is too far behind finds its place gone. The event record, not the feed, is the truth.
 *
 * What one step did is one entry: an attempt, the state it left the delivery in, and the event's end with it. A reader is
 * told of each as a change of its own, with a place of its own: `<entry>.<index>`.
 */
import type { DeliveryStatus, EventStatus } from '@manifold/domain'
import { readAttempt, type RecordedAttempt } from './attempts.ts'
import type { RedisClient } from './connection.ts'
import { keys } from './keys.ts'
import type { Store } from './store.ts'

export type Change = {
  /** Its place in the feed; give it back as `after` to go on from here. */
  readonly id: string
  readonly eventId: string
  readonly atMs: number
} & (
  | { readonly kind: 'accepted'; readonly type: string }
  | { readonly kind: 'attempt'; readonly target: string; readonly attempt: RecordedAttempt }
  | {
      readonly kind: 'delivery'
      readonly target: string
      readonly status: DeliveryStatus
      readonly nextAttemptAtMs: number | undefined
      /** Of a replay. */
      readonly generation: number | undefined
    }
  | { readonly kind: 'settled'; readonly status: EventStatus }
)

/** A place as `Change.id` gives it, or an entry's id: behind all of its changes. `0` is before the first. */
const PLACE = /^(?<entry>\d{1,16}(?:-\d{1,16})?)(?:\.(?<index>\d))?$/

/** Whether a text from outside is a place. */
export function isPlace(text: string): boolean {
  return PLACE.test(text)
}

/**
 * Changes after a place in the feed (`0` is the oldest kept), oldest first.
 * @param limit entries at most; an entry is up to three changes
 */
export async function readChanges(store: Store, after: string, limit: number): Promise<Change[]> {
  const { entry, index } = parsePlace(after)
  const from = index === undefined ? `(${entry}` : entry
  return toChanges(await store.redis.xrange(keys.changes, from, '+', 'COUNT', limit), entry, index)
}

/**
 * The same, but waits up to `waitMs` for the first one. Keeps the connection busy meanwhile: give it one of its own.
 * @param after an entry's id
 */
export async function awaitChanges(
  redis: RedisClient,
  after: string,
  limit: number,
  waitMs: number,
): Promise<Change[]> {
  const reply = await redis.xread('COUNT', limit, 'BLOCK', waitMs, 'STREAMS', keys.changes, after)
  const [stream] = reply ?? []
  return stream === undefined ? [] : toChanges(stream[1], after, undefined)
}

/** The place of the newest change; `0` when there is none. */
export async function newestChange(store: Store): Promise<string> {
  const [newest] = await store.redis.xrevrange(keys.changes, '+', '-', 'COUNT', 1)
  return newest?.[0] ?? '0'
}

/** Whether all that came after a place is surely still kept. A place that the feed never had is not. */
export async function isPlaceKept(store: Store, place: string): Promise<boolean> {
  const info = await store.redis.call('XINFO', 'STREAM', keys.changes).catch((error: unknown) => {
    if (error instanceof Error && error.message.includes('no such key')) return undefined
    throw error
  })
  const { entry } = parsePlace(place)
  if (!Array.isArray(info)) return entry === '0'
  const field = (name: string) => String(info[info.indexOf(name) + 1] ?? '0-0')
  if (isBefore(field('last-generated-id'), entry)) return false
  const nothingIsGone = field('entries-added') === field('length')
  return nothingIsGone || !isBefore(entry, field('recorded-first-entry-id'))
}

/** The id of the entry that a place is in. */
export function entryOf(place: string): string {
  return parsePlace(place).entry
}

function parsePlace(place: string): { entry: string; index: number | undefined } {
  const { entry = '0', index } = PLACE.exec(place)?.groups ?? {}
  return { entry, index: index === undefined ? undefined : Number(index) }
}

function isBefore(a: string, b: string): boolean {
  const [aMs, aCount] = partsOf(a)
  const [bMs, bCount] = partsOf(b)
  return aMs < bMs || (aMs === bMs && aCount < bCount)
}

function partsOf(entry: string): [number, number] {
  const [ms, count] = entry.split('-')
  return [Number(ms), Number(count ?? 0)]
}

type Entries = readonly (readonly [id: string, fields: readonly string[]])[]

function toChanges(entries: Entries, afterEntry: string, afterIndex: number | undefined): Change[] {
  return entries.flatMap(([id, flat]) => {
    const changes = changesOf(id, flat)
    return id === afterEntry && afterIndex !== undefined ? changes.slice(afterIndex + 1) : changes
  })
}

// The scripts wrote these fields: their values are ours, and are trusted.
function changesOf(entry: string, flat: readonly string[]): Change[] {
  const fields: Record<string, string> = {}
  for (let at = 0; at + 1 < flat.length; at += 2) fields[flat[at] ?? ''] = flat[at + 1] ?? ''
  const { change, event: eventId = '', type = '', target = '', attempt, status, nextAt, generation } = fields
  const { settled } = fields
  const changes: Change[] = []
  const common = () => ({
    id: `${entry}.${String(changes.length)}`,
    eventId,
    atMs: Number(entry.split('-', 1)[0]),
  })
  if (change === 'accepted') changes.push({ ...common(), kind: 'accepted', type })
  if (attempt !== undefined)
    changes.push({ ...common(), kind: 'attempt', target, attempt: readAttempt(attempt) })
  if (status !== undefined) {
    changes.push({
      ...common(),
      kind: 'delivery',
      target,
      status: status as DeliveryStatus,
      nextAttemptAtMs: nextAt === undefined || nextAt === '' ? undefined : Number(nextAt),
      generation: generation === undefined ? undefined : Number(generation),
    })
  }
  if (settled !== undefined) changes.push({ ...common(), kind: 'settled', status: settled as EventStatus })
  return changes
}
