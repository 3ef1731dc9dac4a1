import { isDeepStrictEqual } from 'node:util'
import { keys, type Change } from '@manifold/store'
import { afterAll, afterEach, beforeAll, beforeEach, expect, test } from 'vitest'
import { eventually } from '../../../../test/support/eventually.ts'
import {
  accept,
  attemptAndSettle,
  refOf,
  startTestStore,
  type TestStore,
} from '../../../../test/support/store.ts'
import { createChangeHub, type ChangeHub } from './change-hub.ts'
import { UNTIL_SETTLED, waitForEvent } from './wait-for-event.ts'

let store: TestStore
let hub: ChangeHub
let connections = 0
const errors: unknown[] = []

beforeAll(async () => {
  store = await startTestStore()
})
beforeEach(async () => {
  await store.clear()
  connections = 0
  errors.length = 0
  hub = createChangeHub({
    store,
    connect: () => {
      connections++
      return store.redis.duplicate()
    },
    onError: (error) => errors.push(error),
  })
})
afterEach(() => hub.close())
afterAll(() => store.close())

const ignore = () => undefined

test('a follower is told of every change after it was ready, in order', async () => {
  await accept(store)
  const seen: Change[] = []
  const { ready } = hub.follow({ onChanges: (changes) => seen.push(...changes), onGap: ignore })
  await ready
  const eventId = await accept(store)
  await attemptAndSettle(store, refOf(eventId), { kind: 'delivered' })
  await eventually('it is told', () =>
    isDeepStrictEqual(
      seen.map(({ kind }) => kind),
      ['accepted', 'attempt', 'delivery', 'settled'],
    ),
  )
  expect(seen.every((change) => change.eventId === eventId)).toBe(true)
})

test('a follower of one event is told of that event only', async () => {
  const [mine, other] = [await accept(store), await accept(store)]
  const seen: Change[] = []
  const { ready } = hub.follow({
    eventId: mine,
    onChanges: (changes) => seen.push(...changes),
    onGap: ignore,
  })
  await ready
  for (const eventId of [other, mine]) await attemptAndSettle(store, refOf(eventId), { kind: 'delivered' })
  await eventually('it is told', () => seen.length === 3)
  expect(new Set(seen.map(({ eventId }) => eventId))).toEqual(new Set([mine]))
})

test('a thousand who wait share one connection, and each gets its own end', async () => {
  const ids = await Promise.all(Array.from({ length: 1_000 }, () => accept(store)))
  const { signal } = new AbortController()
  const waits = ids.map((eventId) =>
    waitForEvent({ store, hub }, { eventId, ...UNTIL_SETTLED, waitMs: 60_000, signal }),
  )
  await eventually('it is told', () => hub.followers() === 1_000)
  await Promise.all(ids.map((eventId) => attemptAndSettle(store, refOf(eventId), { kind: 'delivered' })))
  const events = await Promise.all(waits)
  expect(events.map((event) => event?.id)).toEqual(ids)
  expect(new Set(events.map((event) => event?.status))).toEqual(new Set(['delivered']))
  expect(connections).toBe(1)
  expect(hub.followers()).toBe(0)
})

test('who waits for an event that has settled, or that is not there, does not wait', async () => {
  const eventId = await accept(store)
  await attemptAndSettle(store, refOf(eventId), { kind: 'delivered' })
  const { signal } = new AbortController()
  const wait = { ...UNTIL_SETTLED, waitMs: 60_000, signal }
  expect(await waitForEvent({ store, hub }, { ...wait, eventId })).toMatchObject({ status: 'delivered' })
  expect(await waitForEvent({ store, hub }, { ...wait, eventId: 'evt_none' })).toBeUndefined()
  expect(connections).toBe(0)
})

test('a wait ends with its time, and with whoever waits', async () => {
  const eventId = await accept(store)
  const gone = new AbortController()
  const wait = { ...UNTIL_SETTLED, eventId, signal: gone.signal }
  expect(await waitForEvent({ store, hub }, { ...wait, waitMs: 5 })).toMatchObject({ status: 'pending' })
  const waiting = waitForEvent({ store, hub }, { ...wait, waitMs: 60_000 })
  await eventually('it is told', () => hub.followers() === 1)
  gone.abort()
  expect(await waiting).toMatchObject({ status: 'pending' })
  expect(hub.followers()).toBe(0)
})

test('a follower that throws disturbs no other', async () => {
  const seen: Change[] = []
  hub.follow({
    onChanges: () => {
      throw new Error('mine')
    },
    onGap: ignore,
  })
  const { ready } = hub.follow({ onChanges: (changes) => seen.push(...changes), onGap: ignore })
  await ready
  await accept(store)
  await eventually('it is told', () => seen.length === 1)
  expect(errors).toEqual([new Error('mine')])
})

test('when the connection is lost, the followers miss nothing', async () => {
  const seen: string[] = []
  const { ready } = hub.follow({
    onChanges: (changes) => seen.push(...changes.map(({ eventId }) => eventId)),
    onGap: ignore,
  })
  await ready
  const ids = [await accept(store)]
  await eventually('it is told', () => isDeepStrictEqual(seen, ids))
  await store.redis.call('CLIENT', 'KILL', 'TYPE', 'normal', 'SKIPME', 'yes')
  for (let count = 0; count < 5; count++) ids.push(await accept(store))
  await eventually('it is told', () => isDeepStrictEqual(seen, ids))
})

test('followers are told of a gap when the feed was trimmed faster than it was read', async () => {
  let gaps = 0
  const seen: Change[] = []
  const { ready } = hub.follow({ onChanges: (changes) => seen.push(...changes), onGap: () => gaps++ })
  await ready
  await accept(store)
  await eventually('it is told', () => seen.length === 1)
  const flood = `
    for i = 1, 1000 do redis.call('XADD', KEYS[1], '*', 'change', 'accepted', 'event', 'evt_' .. i, 'type', 'x') end
    redis.call('XTRIM', KEYS[1], 'MAXLEN', 900)`
  await store.redis.eval(flood, 1, keys.changes)
  await eventually('it is told', () => seen.length === 901)
  expect(gaps).toBe(1)
})
