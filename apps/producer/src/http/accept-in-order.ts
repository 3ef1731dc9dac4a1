/**
 * Accepts the items of a batch: many side by side, results in the order of the items.
 *
 * Owns how much may be under way. Where the items come from, and what becomes of the results, is its caller's.
 */
import {
  acceptItem,
  type BatchItemDeps,
  type BatchLines,
  type BatchRequest,
  type ItemResult,
} from './batch-item.ts'
import { createOrderedWindow } from './ordered-window.ts'

/** Enough to keep one connection to Redis busy; large items are fewer. */
const UNDER_WAY = { items: 64, bytes: 4_194_304 }

/** What a batch came to. */
export type BatchCounts = { accepted: number; duplicates: number; failed: number }

/**
 * The result of every item. Items are read only as fast as results are taken; who stops taking ends the reading, and
 * what was begun is finished all the same.
 * @throws what reading the items throws, behind the results of those before
 */
export async function* acceptInOrder(
  deps: BatchItemDeps,
  batch: BatchRequest,
  items: BatchLines,
): AsyncGenerator<ItemResult, void> {
  const window = createOrderedWindow<ItemResult>(UNDER_WAY)
  const addAll = async () => {
    let index = 0
    for await (const some of items) {
      for (const line of some) {
        const place = index++
        const bytes = line.kind === 'line' ? line.bytes.length : 0
        if (!(await window.add(bytes, () => acceptItem(deps, batch, line, place)))) return
      }
    }
  }
  void addAll().then(
    () => {
      window.end()
    },
    (error: unknown) => {
      window.end({ error })
    },
  )
  yield* window.results()
}
