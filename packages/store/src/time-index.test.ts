import { describe, expect, test } from 'vitest'
import { useTestStore } from '../../../test/support/use-test-store.ts'
import { walkIndex, type Position, type Range } from './time-index.ts'

const store = useTestStore()

const INDEX = 'index'
const ORDERS = ['newest', 'oldest'] as const

async function add(...entries: readonly (readonly [id: string, atMs: number])[]): Promise<void> {
  await store.redis.zadd(INDEX, ...entries.flatMap(([id, atMs]) => [atMs, id]))
}

/** Walks the whole index. `between` happens after each page. */
async function walk(
  order: (typeof ORDERS)[number],
  limit: number,
  range: Range = {},
  between: (page: readonly Position[]) => Promise<unknown> = () => Promise.resolve(),
): Promise<string[]> {
  const seen: string[] = []
  let from: Position | undefined
  for (;;) {
    const page = await walkIndex(store, INDEX, order, range, from, limit)
    expect(page.length).toBeLessThanOrEqual(limit)
    seen.push(...page.map(({ id }) => id))
    if (page.length < limit) return seen
    from = page.at(-1)
    await between(page)
  }
}

/** 20 entries, 7 of them in one millisecond, in the order of the index. */
const ENTRIES = Array.from({ length: 20 }, (_, index) => {
  const atMs = index < 5 ? index : index < 12 ? 5 : index - 6
  return [`id-${String(index).padStart(2, '0')}`, atMs] as const
})

function inOrder(order: (typeof ORDERS)[number]): string[] {
  const ids = ENTRIES.map(([id]) => id)
  return order === 'oldest' ? ids : ids.toReversed()
}

describe.each(ORDERS)('%s first', (order) => {
  test.each([1, 2, 3, 5, 7, 20, 50])('pages of %i neither skip nor repeat', async (limit) => {
    await add(...ENTRIES)
    expect(await walk(order, limit)).toEqual(inOrder(order))
  })

  test.each([1, 2, 3, 7])(
    'pages of %i neither skip nor repeat when what was seen is removed',
    async (limit) => {
      await add(...ENTRIES)
      const remove = (page: readonly Position[]) => store.redis.zrem(INDEX, ...page.map(({ id }) => id))
      expect(await walk(order, limit, {}, remove)).toEqual(inOrder(order))
    },
  )

  test('pages neither skip nor repeat when only the entry that the cursor names is removed', async () => {
    await add(...ENTRIES)
    const removeLast = (page: readonly Position[]) => store.redis.zrem(INDEX, page.at(-1)?.id ?? '')
    expect(await walk(order, 3, {}, removeLast)).toEqual(inOrder(order))
  })

  test('an entry removed before its page comes is left out, and the others are not', async () => {
    await add(...ENTRIES)
    const removed = 'id-09'
    expect(await walk(order, 3, {}, () => store.redis.zrem(INDEX, removed))).toEqual(
      inOrder(order).filter((id) => id !== removed),
    )
  })

  test('an entry added behind the cursor does not shift the pages', async () => {
    await add(...ENTRIES)
    const behind = order === 'newest' ? 1_000 : -1_000
    let added = 0
    const addBehind = () => add([`late-${String(added++)}`, behind])
    expect(await walk(order, 3, {}, addBehind)).toEqual(inOrder(order))
  })

  test('an entry added in the millisecond of the cursor, beyond its id, comes on the next page', async () => {
    await add(['b', 5], ['m', 5], ['x', 5])
    const [first] = await walkIndex(store, INDEX, order, {}, undefined, 1)
    const [last, next] = order === 'oldest' ? ['b', 'c'] : ['x', 'n']
    expect(first?.id).toBe(last)
    await add([next, 5])
    expect((await walkIndex(store, INDEX, order, {}, first, 1)).map(({ id }) => id)).toEqual([next])
  })

  test('both ends of a range are left out, with and without a cursor', async () => {
    await add(['a', 10], ['b', 11], ['c', 12], ['d', 13], ['e', 14])
    const range = { afterMs: 10, beforeMs: 14 }
    const expected = order === 'oldest' ? ['b', 'c', 'd'] : ['d', 'c', 'b']
    expect(await walk(order, 10, range)).toEqual(expected)
    expect(await walk(order, 1, range)).toEqual(expected)
  })

  test('a cursor outside the range does not widen it', async () => {
    await add(['a', 10], ['b', 11], ['c', 12])
    const before: Position = order === 'oldest' ? { atMs: 1, id: 'z' } : { atMs: 99, id: 'a' }
    const page = await walkIndex(store, INDEX, order, { afterMs: 10, beforeMs: 12 }, before, 10)
    expect(page).toEqual([{ id: 'b', atMs: 11 }])
  })
})

test('an index that does not exist has no entries', async () => {
  expect(await walk('newest', 10)).toEqual([])
})
