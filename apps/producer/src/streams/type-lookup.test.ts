import type { Change } from '@manifold/store'
import { expect, test } from 'vitest'
import { accept } from '../../../../test/support/store.ts'
import { useTestStore } from '../../../../test/support/use-test-store.ts'
import { createTypeLookup } from './type-lookup.ts'

const store = useTestStore()

const settled = (eventId: string): Change => ({
  id: '1-0.0',
  eventId,
  atMs: 1,
  kind: 'settled',
  status: 'delivered',
})
const accepted = (eventId: string, type: string): Change => ({
  id: '1-0.0',
  eventId,
  atMs: 1,
  kind: 'accepted',
  type,
})

test('a type that the feed told is known at once', () => {
  const lookUp = createTypeLookup(store)
  expect(lookUp([accepted('evt_a', 'a.b')])).toEqual(new Map([['evt_a', 'a.b']]))
  expect(lookUp([settled('evt_a'), settled('evt_a')])).toEqual(new Map([['evt_a', 'a.b']]))
})

test('a type that is not known is read once', async () => {
  const lookUp = createTypeLookup(store)
  const eventId = await accept(store, { type: 'order.placed' })
  const types = lookUp([settled(eventId), accepted('evt_b', 'b')])
  expect(types).toBeInstanceOf(Promise)
  expect(await types).toEqual(
    new Map([
      ['evt_b', 'b'],
      [eventId, 'order.placed'],
    ]),
  )
  expect(lookUp([settled(eventId)])).toEqual(new Map([[eventId, 'order.placed']]))
})

test('an event that is no longer kept has no type', async () => {
  expect(await createTypeLookup(store)([settled('evt_gone')])).toEqual(new Map())
})

test('so many are remembered, those of late', async () => {
  const lookUp = createTypeLookup(store, 2)
  void lookUp([accepted('evt_1', 'a'), accepted('evt_2', 'a')])
  void lookUp([settled('evt_1')])
  void lookUp([accepted('evt_3', 'a')])
  expect(lookUp([settled('evt_1'), settled('evt_3')])).toBeInstanceOf(Map)
  const asked = lookUp([settled('evt_2')])
  expect(asked).toBeInstanceOf(Promise)
  await asked
})
