import { expect, test } from 'vitest'
import { accept, attemptAndSettle, claim, keptDelivery, refOf } from '../../../test/support/store.ts'
import { useTestStore } from '../../../test/support/use-test-store.ts'
import {
  awaitChanges,
  entryOf,
  isPlace,
  isPlaceAfter,
  isPlaceKept,
  newestChange,
  readChanges,
  type Change,
} from './change-feed.ts'
import { discardDelivery } from './discard.ts'
import { keys } from './keys.ts'
import { reopenDelivery } from './reopen.ts'
import { CHANGE_FEED_LENGTH } from './store.ts'

const store = useTestStore()

test('the life of an event is in the feed, in order', async () => {
  const eventId = await accept(store)
  const ref = refOf(eventId)
  await attemptAndSettle(store, ref, { kind: 'retry', delayMs: 0 })
  const retried = await keptDelivery(store, ref)
  await attemptAndSettle(store, ref, { kind: 'dead', reason: 'exhausted' })
  await reopenDelivery(store, eventId, 'crm')
  await attemptAndSettle(store, { ...ref, generation: 2 }, { kind: 'delivered' })

  const changes = await readChanges(store, '0', 100)
  expect(changes.every((change) => change.eventId === eventId)).toBe(true)
  expect(changes.map((change) => [change.kind, summary(change)])).toEqual([
    ['accepted', 'order.placed'],
    ['attempt', 1],
    ['delivery', 'retrying'],
    ['attempt', 2],
    ['delivery', 'dead'],
    ['settled', 'failed'],
    ['delivery', 'pending'],
    ['attempt', 3],
    ['delivery', 'delivered'],
    ['settled', 'delivered'],
  ])
  const [, attempt, retrying] = changes
  expect(attempt).toMatchObject({ target: 'crm', attempt: { outcome: 'retryable', httpStatus: 503 } })
  expect(retrying).toMatchObject({
    target: 'crm',
    status: 'retrying',
    nextAttemptAtMs: retried.nextAttemptAtMs,
  })
})

function summary(change: Change): string | number {
  switch (change.kind) {
    case 'accepted':
      return change.type
    case 'attempt':
      return change.attempt.number
    case 'delivery':
    case 'settled':
      return change.status
    default:
      return change satisfies never
  }
}

test('each change has a place of its own, from which reading goes on in the middle of a step', async () => {
  const eventId = await accept(store)
  await attemptAndSettle(store, refOf(eventId), { kind: 'delivered' })
  const changes = await readChanges(store, '0', 100)
  expect(new Set(changes.map(({ id }) => id)).size).toBe(4)
  for (const [index, { id }] of changes.entries())
    expect(await readChanges(store, id, 100)).toEqual(changes.slice(index + 1))
})

test('a place is kept until what came after it is trimmed', async () => {
  expect(await isPlaceKept(store, '0')).toBe(true)
  expect(await isPlaceKept(store, '1760000000000-0')).toBe(false)
  await accept(store)
  const first = await newestChange(store)
  await accept(store)
  expect(await isPlaceKept(store, `${first}.0`)).toBe(true)
  await store.redis.xtrim(keys.changes, 'MAXLEN', 1)
  expect(await isPlaceKept(store, first)).toBe(false)
  expect(await isPlaceKept(store, await newestChange(store))).toBe(true)
  expect(await isPlaceKept(store, '9999999999999-0')).toBe(false)
})

test('waiting for changes ends with the first one', async () => {
  const after = await newestChange(store)
  const reader = store.redis.duplicate()
  try {
    const waiting = awaitChanges(reader, after, 10, 10_000)
    const eventId = await accept(store)
    expect(await waiting).toMatchObject([{ kind: 'accepted', eventId }])
  } finally {
    reader.disconnect()
  }
})

test.each(['', '1-', '-1', '1-2-3', '1.10', '1 ', '$', '+', '1-1.x'])('%j is no place', (text) => {
  expect(isPlace(text)).toBe(false)
})

test('an unrouted event is accepted and settled in the feed', async () => {
  await accept(store, { targets: [] })
  const changes = await readChanges(store, '0', 100)
  expect(changes).toMatchObject([{ kind: 'accepted' }, { kind: 'settled', status: 'unrouted' }])
})

test('a discarded dead letter is in the feed', async () => {
  const eventId = await accept(store, { targets: ['crm', 'email'] })
  await attemptAndSettle(store, refOf(eventId), { kind: 'dead', reason: 'gone' })
  const place = await newestChange(store)
  await discardDelivery(store, eventId, 'crm')
  const changes = await readChanges(store, place, 100)
  expect(changes).toMatchObject([{ kind: 'delivery', eventId, target: 'crm', status: 'discarded' }])
})

test('a claim is no change', async () => {
  const eventId = await accept(store)
  const place = await newestChange(store)
  await claim(store, refOf(eventId))
  expect(await readChanges(store, place, 100)).toEqual([])
})

test('reading goes on from where it stopped, and neither skips nor repeats', async () => {
  const ids: string[] = []
  for (let count = 0; count < 5; count++) ids.push(await accept(store))
  const seen: string[] = []
  let place = '0'
  for (;;) {
    const changes = await readChanges(store, place, 2)
    if (changes.length === 0) break
    expect(changes.length).toBeLessThanOrEqual(2)
    seen.push(...changes.map(({ eventId }) => eventId))
    place = changes.at(-1)?.id ?? place
  }
  expect(seen).toEqual(ids)
  expect(entryOf(place)).toBe(await newestChange(store))
})

test('an empty feed begins at 0', async () => {
  expect(await newestChange(store)).toBe('0')
  expect(await readChanges(store, '0', 10)).toEqual([])
})

test('the feed is bounded: the oldest changes go', async () => {
  const fill = "for i = 1, tonumber(ARGV[1]) do redis.call('XADD', KEYS[1], '*', 'change', 'accepted') end"
  await store.redis.eval(fill, 1, keys.changes, CHANGE_FEED_LENGTH + 5_000)
  const eventId = await accept(store)
  const length = await store.redis.xlen(keys.changes)
  expect(length).toBeGreaterThanOrEqual(CHANGE_FEED_LENGTH)
  expect(length).toBeLessThan(CHANGE_FEED_LENGTH + 1_000)
  const place = await newestChange(store)
  expect((await store.redis.xrange(keys.changes, place, '+'))[0]?.[1]).toContain(eventId)
})

test.each([
  ['2-0.0', '1-0.0', true],
  ['1-0.0', '2-0.0', false],
  ['10-0', '9-5.2', true],
  ['1-10.0', '1-9.0', true],
  ['1-0.1', '1-0.0', true],
  ['1-0.0', '1-0.0', false],
  // An entry's id stands behind all of its changes.
  ['1-0', '1-0.2', true],
  ['1-0.2', '1-0', false],
  ['1-0', '1-0', false],
  ['1-0.0', '0', true],
] as const)('places are ordered: %s after %s: %s', (place, other, isAfter) => {
  expect(isPlaceAfter(place, other)).toBe(isAfter)
})
