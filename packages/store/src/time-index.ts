/**
 * Walking an index by time: pages that neither skip nor repeat while entries come and go.
 *
 * A cursor names the last entry seen by time and id; entries of one millisecond are ordered by id.
 */
import type { Store } from './store.ts'

export type Position = { readonly atMs: number; readonly id: string }

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
  const found: Position[] = []
  // Entries that share the cursor's millisecond come again at the start of the range: skip those already seen.
  let offset = 0
  while (found.length < limit) {
    const want = limit - found.length
    const reply =
      order === 'newest'
        ? await store.redis.zrevrangebyscore(
            key,
            from === undefined ? highest : narrower(highest, from.atMs),
            lowest,
            'WITHSCORES',
            'LIMIT',
            offset,
            want,
          )
        : await store.redis.zrangebyscore(
            key,
            from === undefined ? lowest : narrowerLow(lowest, from.atMs),
            highest,
            'WITHSCORES',
            'LIMIT',
            offset,
            want,
          )
    const page = toPositions(reply)
    found.push(...page.filter((entry) => from === undefined || isBeyond(entry, from, order)))
    offset += page.length
    if (page.length < want) break
  }
  return found
}

function narrower(highest: string, atMs: number): string {
  return highest !== '+inf' && Number(highest.slice(1)) <= atMs ? highest : String(atMs)
}

function narrowerLow(lowest: string, atMs: number): string {
  return lowest !== '-inf' && Number(lowest.slice(1)) >= atMs ? lowest : String(atMs)
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
