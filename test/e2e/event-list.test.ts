/** The list of events: newest first, filtered, paged. */
import { afterAll, beforeAll, expect, test } from 'vitest'
import type { EventAnswer, PageAnswer } from '../support/api.ts'
import { eventually } from '../support/eventually.ts'
import { startSystem, type System } from '../support/system.ts'

let system: System
const posted: string[] = []

beforeAll(async () => {
  system = await startSystem({
    config: (sandboxUrl) => ({
      targets: [
        { name: 'good', subscribe: ['good.*', 'both.*'], url: `${sandboxUrl}/t/good/ok` },
        { name: 'bad', subscribe: ['bad.*', 'both.*'], url: `${sandboxUrl}/t/bad/status/400` },
      ],
    }),
  })
  for (let n = 0; n < 25; n++) {
    const type = ['good.one', 'bad.one', 'both.one', 'none.one', 'good.two'][n % 5]
    posted.push((await system.api.post({ type, data: n })).body.id)
  }
  await eventually('all to settle', async () => (await list('status=pending')).items.length === 0)
})

afterAll(() => system.close())

async function list(query: string): Promise<PageAnswer<EventAnswer>> {
  return (await system.api.call<PageAnswer<EventAnswer>>('GET', `/v1/events?${query}`)).body
}

async function pages(query: string): Promise<EventAnswer[][]> {
  const found: EventAnswer[][] = []
  for (let cursor: string | null = ''; cursor !== null;) {
    const page: PageAnswer<EventAnswer> = await list(`${query}${cursor === '' ? '' : `&cursor=${cursor}`}`)
    found.push(page.items)
    cursor = page.nextCursor
  }
  return found
}

test('pages together hold every event once, newest first, and the last has no cursor', async () => {
  const found = await pages('limit=10')
  expect(found.map((page) => page.length)).toEqual([10, 10, 5])
  expect(found.flat().map((event) => event.id)).toEqual(posted.toReversed())
})

test('events that come in between do not shift the pages', async () => {
  const first = await list('limit=10&type=good.one')
  await system.api.post({ type: 'late.one', data: 1 })
  const rest = await list(`limit=200&before=${String(first.items.at(-1)?.acceptedAt)}`)
  expect(rest.items.some((event) => event.type === 'late.one')).toBe(false)
})

test.each([
  ['type=good.two', 5],
  ['status=delivered', 10],
  ['status=failed', 5],
  ['status=partially_delivered', 5],
  ['status=pending', 0],
  ['type=both.one&status=partially_delivered', 5],
  ['type=both.one&status=delivered', 0],
])('the filter %s finds %i', async (query, count) => {
  expect((await list(query)).items).toHaveLength(count)
  expect((await pages(`${query}&limit=2`)).flat()).toHaveLength(count)
})

test('after and before leave out their own instant', async () => {
  const all = (await pages('limit=200')).flat().filter((event) => posted.includes(event.id))
  const middle = all[12]?.acceptedAt ?? ''
  const newer = (await list(`limit=200&after=${middle}`)).items.filter((event) => posted.includes(event.id))
  const older = (await list(`limit=200&before=${middle}`)).items
  expect(newer.every((event) => event.acceptedAt > middle)).toBe(true)
  expect(older.every((event) => event.acceptedAt < middle)).toBe(true)
  expect(newer.length + older.length + all.filter((event) => event.acceptedAt === middle).length).toBe(25)
})
