/** Pages of records behind an index by time, with a filter that only the records can answer. */
import type { Store } from './store.ts'
import { walkIndex, type Position, type Range } from './time-index.ts'

export type Page<Item> = { readonly items: readonly Item[]; readonly next: Position | undefined }

export type Scan<Item> = {
  readonly key: string
  readonly order: 'newest' | 'oldest'
  readonly range: Range
  /** The last entry of the page before. */
  readonly from: Position | undefined
  readonly limit: number
  /** Whether `matches` can refuse anything: then more is read at once. */
  readonly filtered: boolean
  /** Whether entries that do not match are a secret: then `next` names none of them. Newest first only. */
  readonly hidesOthers?: boolean
  /** The records of some entries, in their order; one that is gone is `undefined`. */
  readonly read: (positions: readonly Position[]) => Promise<(Item | undefined)[]>
  readonly matches: (item: Item) => boolean
}

/** Records looked at for one page: a rare filter gives a short page with a cursor instead of a slow answer. */
const MAX_SCANNED = 2_000

const FILTERED_STEP = 200

/** Newest first, it is behind every id; no entry has it. */
const LAST_OF_MILLISECOND = ''

/**
 * One page. `next` is `undefined` only at the end of the index.
 *
 * Where others are hidden, a page without a last item of its own ends between two milliseconds: a time names nobody's entry.
 * The rest of a millisecond is read for that, however many share it.
 */
export async function scanIndex<Item>(store: Store, scan: Scan<Item>): Promise<Page<Item>> {
  const { limit } = scan
  const step = scan.filtered ? Math.max(limit, FILTERED_STEP) : limit
  const hidesOthers = scan.hidesOthers === true
  const items: Item[] = []
  let position = scan.from
  for (let scanned = 0; hidesOthers || scanned < MAX_SCANNED;) {
    const positions = await walkIndex(store, scan.key, scan.order, scan.range, position, step)
    const records = await scan.read(positions)
    for (const [index, record] of records.entries()) {
      const before = position
      position = positions[index]
      const isEnough = hidesOthers && scanned + index >= MAX_SCANNED
      if (isEnough && before !== undefined && before.atMs !== position?.atMs)
        return { items, next: { atMs: before.atMs, id: LAST_OF_MILLISECOND } }
      if (record !== undefined && scan.matches(record)) items.push(record)
      if (items.length === limit) {
        const isLast = index === records.length - 1 && positions.length < step
        return { items, next: isLast ? undefined : position }
      }
    }
    if (positions.length < step) return { items, next: undefined }
    scanned += positions.length
  }
  return { items, next: position }
}
