import { afterAll, beforeAll, beforeEach, expect, test } from 'vitest'
import { eventually } from '../../../test/support/eventually.ts'
import {
  accept,
  attemptAndSettle,
  bury,
  dumpOf,
  keptEvent,
  refOf,
  startTestStore,
  type TestStore,
} from '../../../test/support/store.ts'
import { keys } from './keys.ts'
import { reopenDelivery } from './reopen.ts'
import { readEvent } from './event-record.ts'
import { dueForForgetting, forgetEvent, forgetEvents } from './retention.ts'

let store: TestStore

beforeAll(async () => {
  store = await startTestStore({ settledMs: 1, deadMs: 3_600_000 })
})
beforeEach(() => store.clear())
afterAll(() => store.close())

const due = (count: number) =>
  eventually('events to be due', async () => {
    const ids = await dueForForgetting(store, 10)
    return ids.length === count && ids
  })

/** As if the event had settled an hour and more ago. */
async function letRunOut(eventId: string): Promise<void> {
  await store.redis.zincrby(keys.retention, -3_700_000, eventId)
}

test('a settled event is due when its retention has run out', async () => {
  const eventId = await accept(store)
  expect(await dueForForgetting(store, 10)).toEqual([])
  await attemptAndSettle(store, refOf(eventId), { kind: 'delivered' })
  expect(await due(1)).toEqual([eventId])
})

test('due events are listed oldest first, up to the limit', async () => {
  const [one, two, three] = [await accept(store), await accept(store), await accept(store)]
  for (const [index, eventId] of [two, three, one].entries()) {
    await attemptAndSettle(store, refOf(eventId), { kind: 'delivered' })
    await store.redis.zadd(keys.retention, index + 1, eventId)
  }
  expect(await dueForForgetting(store, 2)).toEqual([two, three])
})

test('an event with a dead letter is kept longer than another', async () => {
  const dead = await accept(store)
  await bury(store, refOf(dead))
  const delivered = await accept(store)
  await attemptAndSettle(store, refOf(delivered), { kind: 'delivered' })
  expect(await due(1)).toEqual([delivered])
  await letRunOut(dead)
  expect(new Set(await due(2))).toEqual(new Set([dead, delivered]))
})

test('forgetting leaves nothing of the event', async () => {
  const eventId = await accept(store, { targets: ['crm', 'email'] })
  await attemptAndSettle(store, refOf(eventId, 'crm'), { kind: 'dead', reason: 'rejected' })
  await attemptAndSettle(store, refOf(eventId, 'email'), { kind: 'delivered' })
  await store.redis.del(keys.changes, keys.outbox)
  await letRunOut(eventId)
  expect(await forgetEvent(store, eventId)).toBe(true)
  // Rates belong to the target, and run out by themselves; so does the backlog, which is empty.
  const left = Object.keys(await dumpOf(store)).filter((key) => !/:(rates|backlog):/.test(key))
  expect(left).toEqual([])
})

test('forgetting one event leaves the others as they are', async () => {
  const forgotten = await accept(store)
  const kept = await accept(store)
  for (const eventId of [forgotten, kept]) await bury(store, refOf(eventId))
  const before = await keptEvent(store, kept)
  await letRunOut(forgotten)
  await forgetEvent(store, forgotten)
  expect(await keptEvent(store, kept)).toEqual(before)
  expect(await store.redis.zrange(keys.deadLettersOf('crm'), '0', '-1')).toEqual([`${kept}-crm`])
  expect(await store.redis.zrange(keys.deadLetters, '0', '-1')).toEqual([`${kept}-crm`])
  expect(await store.redis.zrange(keys.events, '0', '-1')).toEqual([kept])
})

test('an event whose retention has not run out is not forgotten', async () => {
  const eventId = await accept(store)
  await bury(store, refOf(eventId))
  const before = await dumpOf(store)
  expect(await forgetEvent(store, eventId)).toBe(false)
  expect(await dumpOf(store)).toEqual(before)
})

test('an event that a replay reopened after it was found due is not forgotten', async () => {
  const eventId = await accept(store)
  await bury(store, refOf(eventId))
  await letRunOut(eventId)
  expect(await due(1)).toEqual([eventId])
  await reopenDelivery(store, eventId, 'crm')
  expect(await forgetEvent(store, eventId)).toBe(false)
  expect(await keptEvent(store, eventId)).toMatchObject({ status: 'pending' })
})

test('forgetting twice forgets once', async () => {
  const eventId = await accept(store, { targets: [] })
  await due(1)
  expect(await forgetEvent(store, eventId)).toBe(true)
  expect(await forgetEvent(store, eventId)).toBe(false)
})

test('many events are forgotten together; those that are not settled, and those with dead letters, are left as they are', async () => {
  await store.clear()
  const [gone, open, dead, reopened] = await Promise.all(Array.from({ length: 4 }, () => accept(store)))
  if (!gone || !open || !dead || !reopened) throw new Error('four were accepted')
  await attemptAndSettle(store, refOf(gone), { kind: 'delivered' })
  for (const id of [dead, reopened])
    await attemptAndSettle(store, refOf(id), { kind: 'dead', reason: 'gone' })
  for (const id of [gone, dead, reopened]) await letRunOut(id)
  await reopenDelivery(store, reopened, 'crm')
  expect(await forgetEvents(store, [gone, open, dead, reopened, 'evt_unknown'])).toEqual([
    'forgotten',
    'not-due',
    'has-dead-letters',
    'not-due',
    'not-due',
  ])
  expect(await readEvent(store, gone)).toBeUndefined()
  for (const id of [open, dead, reopened]) expect(await readEvent(store, id)).toBeDefined()
  expect(await forgetEvents(store, [gone])).toEqual(['not-due'])
  expect(await forgetEvents(store, [])).toEqual([])
})
