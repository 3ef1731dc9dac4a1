/**
 * Walking an index by time: pages that neither skip nor repeat while entries come and go.
 *
 * A cursor names the last entry seen by time and id; entries of one millisecond are ordered by id.
 */
import type { Store } from './store.ts'

export type Position = { readonly atMs: number; readonly id: string }

/** The furthest moment that can be written as a date. */
const LAST_MS = 8.64e15

/** Whether milliseconds are a moment that can be shown. */
export function isTime(ms: number): boolean {
  return Math.abs(ms) <= LAST_MS
}

export type Range = {
  /** Only later than this. */
  readonly afterMs?: number | undefined
  /** Only earlier than this. */
  readonly beforeMs?: number | undefined
}

/**
 * The next entries of an index after `from`, newest or oldest first.
 * @returns at most `limit`; fewer means the end of the range
 */
export async function walkIndex(
  store: Store,
  key: string,
  order: 'newest' | 'oldest',
  range: Range,
  from: Position | undefined,
  limit: number,
): Promise<Position[]> {
  const lowest = range.afterMs === undefined ? '-inf' : `(${String(range.afterMs)}`
  const highest = range.beforeMs === undefined ? '+inf' : `(${String(range.beforeMs)}`
  const read = (count: number) =>
    order === 'newest'
      ? store.redis.zrevrangebyscore(key, upTo(highest, from), lowest, 'WITHSCORES', 'LIMIT', 0, count)
      : store.redis.zrangebyscore(key, downTo(lowest, from), highest, 'WITHSCORES', 'LIMIT', 0, count)

  // Entries that share the cursor's millisecond come again at the start of the range. Each read starts there anew,
  // and is large enough or repeated larger: an offset would skip entries when others leave in between.
  for (let count = from === undefined ? limit : limit + SAME_MILLISECOND; ; count *= 2) {
    const page = toPositions(await read(count))
    const beyond = page.filter((entry) => from === undefined || isBeyond(entry, from, order))
    if (beyond.length >= limit || page.length < count) return beyond.slice(0, limit)
  }
}

/** Entries of one millisecond that the first read has room for. */
const SAME_MILLISECOND = 50

function upTo(highest: string, from: Position | undefined): string {
  if (from === undefined) return highest
  return highest !== '+inf' && Number(highest.slice(1)) <= from.atMs ? highest : String(from.atMs)
}

function downTo(lowest: string, from: Position | undefined): string {
  if (from === undefined) return lowest
  return lowest !== '-inf' && Number(lowest.slice(1)) >= from.atMs ? lowest : String(from.atMs)
}

function isBeyond(entry: Position, from: Position, order: 'newest' | 'oldest'): boolean {
  if (entry.atMs !== from.atMs) return true
  // Redis orders members of one score by their bytes; ids are ASCII, so code units compare alike.
  return order === 'newest' ? entry.id < from.id : entry.id > from.id
}

function toPositions(reply: string[]): Position[] {
  const positions: Position[] = []
  for (let at = 0; at + 1 < reply.length; at += 2) {
    const id = reply[at]
    if (id !== undefined) positions.push({ id, atMs: Number(reply[at + 1]) })
  }
  return positions
}
