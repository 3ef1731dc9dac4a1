import { expect, test } from 'vitest'
import { accept, bury, keptEvent, refOf } from '../../../test/support/store.ts'
import { useTestStore } from '../../../test/support/use-test-store.ts'
import { openDeliveries, readEvent, readEvents, readPayload } from './event-record.ts'

const store = useTestStore()

test('many events are read in the order asked for, and one that is not kept is undefined', async () => {
  const one = await accept(store)
  const two = await accept(store)
  const events = await readEvents(store, [two, 'evt_unknown', one])
  expect(events.map((event) => event?.id)).toEqual([two, undefined, one])
  expect(await readEvents(store, [])).toEqual([])
})

test('an event that is not kept reads as undefined, and so does its data', async () => {
  expect(await readEvent(store, 'evt_unknown')).toBeUndefined()
  expect(await readPayload(store, 'evt_unknown')).toBeUndefined()
})

test('open deliveries are those that have not ended', async () => {
  const eventId = await accept(store, { targets: ['crm', 'email'] })
  await bury(store, refOf(eventId, 'crm'))
  expect(openDeliveries(await keptEvent(store, eventId)).map(({ target }) => target)).toEqual(['email'])
})
