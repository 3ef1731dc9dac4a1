import { expect, test } from 'vitest'
import { accept, attemptAndSettle, bury, newEvent, refOf } from '../../../test/support/store.ts'
import { useTestStore } from '../../../test/support/use-test-store.ts'
import { countEvents, listEvents, type EventFilter } from './event-list.ts'
import { recordEvent } from './event-record.ts'
import { keys } from './keys.ts'
import type { Position } from './time-index.ts'

const store = useTestStore()

/** Walks all pages. @returns the ids of each page */
async function pages(filter: EventFilter, limit: number): Promise<string[][]> {
  const found: string[][] = []
  let from: Position | undefined
  do {
    const page = await listEvents(store, filter, from, limit)
    found.push(page.items.map(({ id }) => id))
    from = page.next
  } while (from !== undefined)
  return found
}

/** Accepts events in one go. */
async function acceptMany(ids: readonly string[], type: (index: number) => string): Promise<void> {
  await Promise.all(ids.map((id, index) => recordEvent(store, newEvent({ id, type: type(index) }))))
}

const idsUpTo = (count: number) =>
  Array.from({ length: count }, (_, index) => `evt_${String(index).padStart(4, '0')}`)

test('events are listed newest first, over pages of any size', async () => {
  const ids = idsUpTo(7)
  await acceptMany(ids, () => 'order.placed')
  for (const limit of [1, 3, 7, 10]) {
    const found = await pages({}, limit)
    expect(found.flat()).toEqual(ids.toReversed())
    expect(Math.max(...found.map((page) => page.length))).toBeLessThanOrEqual(limit)
  }
})

test('a page that holds the last event has no next', async () => {
  await acceptMany(idsUpTo(2), () => 'order.placed')
  expect((await listEvents(store, {}, undefined, 3)).next).toBeUndefined()
  expect((await listEvents(store, {}, undefined, 1)).next).toBeDefined()
})

test('a type filter keeps only events of exactly that type', async () => {
  const ids = idsUpTo(6)
  await acceptMany(ids, (index) => (index % 2 === 0 ? 'order.placed' : 'order.placed.late'))
  const even = ids.filter((_, index) => index % 2 === 0).toReversed()
  expect((await pages({ type: 'order.placed' }, 2)).flat()).toEqual(even)
  expect((await pages({ type: 'order.placed' }, 3)).flat()).toEqual(even)
  expect((await pages({ type: 'order' }, 2)).flat()).toEqual([])
})

test('a status filter keeps only events of that status', async () => {
  const pending = await accept(store)
  const delivered = await accept(store)
  await attemptAndSettle(store, refOf(delivered), { kind: 'delivered' })
  const failed = await accept(store)
  await bury(store, refOf(failed))
  const unrouted = await accept(store, { targets: [] })
  expect(await pages({ status: 'pending' }, 5)).toEqual([[pending]])
  expect(await pages({ status: 'delivered' }, 5)).toEqual([[delivered]])
  expect(await pages({ status: 'failed' }, 5)).toEqual([[failed]])
  expect(await pages({ status: 'unrouted' }, 5)).toEqual([[unrouted]])
  expect(await pages({ status: 'failed', type: 'other' }, 5)).toEqual([[]])
})

test('a range of time leaves out both of its ends', async () => {
  const ids = idsUpTo(4)
  await acceptMany(ids, () => 'order.placed')
  await store.redis.zadd(keys.events, ...ids.flatMap((id, index) => [100 + index, id]))
  expect((await pages({ afterMs: 100, beforeMs: 103 }, 1)).flat()).toEqual([ids[2], ids[1]])
})

test('who may not see others is given no place that names one of them, and misses and repeats nothing for that', async () => {
  const ids = idsUpTo(2_300)
  // Newest first: within and at the end of the millisecond at which 2,000 were looked at, right behind it, and last of all.
  const own = new Set([ids[298], ids[279], ids[278], ids[0]])
  await acceptMany(ids, (index) => (own.has(ids[index]) ? 'own' : 'other'))
  await store.redis.zadd(keys.events, ...ids.flatMap((id, index) => [100 + Math.floor(index / 31), id]))
  const mayUse = (type: string) => type === 'own'
  for (const limit of [1, 10]) {
    const found: string[] = []
    const places: Position[] = []
    let from: Position | undefined
    do {
      const page = await listEvents(store, { mayUse }, from, limit)
      found.push(...page.items.map(({ id }) => id))
      from = page.next
      if (from !== undefined) places.push(from)
    } while (from !== undefined)
    expect(found).toEqual([...own])
    expect(places.length).toBeGreaterThan(0)
    for (const { id } of places) expect([...own, '']).toContain(id)
  }
})

test('a filter finds an event far behind many others, over as many pages as it takes', async () => {
  const ids = idsUpTo(2_450)
  await acceptMany(ids, (index) => (index === 0 ? 'rare' : 'common'))
  const found = await pages({ type: 'rare' }, 2)
  expect(found.flat()).toEqual([ids[0]])
  expect(found.length).toBeGreaterThan(1)
})

test('an event that was forgotten in between is left out, and the page is filled up', async () => {
  const ids = idsUpTo(5)
  await acceptMany(ids, () => 'order.placed')
  await store.redis.del(keys.event('evt_0003'))
  expect((await pages({}, 2)).flat()).toEqual(['evt_0004', 'evt_0002', 'evt_0001', 'evt_0000'])
  expect((await listEvents(store, {}, undefined, 2)).items).toHaveLength(2)
})

test('all kept events are counted', async () => {
  await acceptMany(idsUpTo(3), () => 'order.placed')
  expect(await countEvents(store)).toBe(3)
})
