import { dueForForgetting, keys, readEvent, reopenDelivery, takeLease } from '@manifold/store'
import { expect, test } from 'vitest'
import { accept, attemptAndSettle, bury, refOf } from '../../../test/support/store.ts'
import { useTestQueues, useTestStore } from '../../../test/support/use-test-store.ts'
import { addDeadLetter, deadLetterJobIds } from './dead-letter-queue.ts'
import { forgetDueEvents } from './janitor.ts'

const store = useTestStore()
const queues = useTestQueues(store)

const clean = (holder = 'one') => forgetDueEvents({ store, queues, holder, intervalMs: 60_000 })

/** An event that settled long enough ago to be forgotten. */
async function letRunOut(eventId: string): Promise<void> {
  await store.redis.zadd(keys.retention, 1, eventId)
}

async function deadLetter(target = 'crm'): Promise<string> {
  const eventId = await accept(store, { targets: [target] })
  await bury(store, refOf(eventId, target))
  await addDeadLetter(queues, refOf(eventId, target), 'exhausted')
  return eventId
}

test('a dead-letter job goes with the record it belongs to', async () => {
  const eventId = await deadLetter()
  const kept = await deadLetter()
  await letRunOut(eventId)
  expect(await clean()).toBe(1)
  expect(await readEvent(store, eventId)).toBeUndefined()
  expect(await deadLetterJobIds(queues, 'crm')).toEqual([`${kept}.1`])
})

test('the dead-letter job of a later generation goes too', async () => {
  const eventId = await accept(store)
  await bury(store, refOf(eventId))
  await reopenDelivery(store, eventId, 'crm')
  await bury(store, refOf(eventId, 'crm', 2))
  await addDeadLetter(queues, refOf(eventId, 'crm', 2), 'exhausted')
  await letRunOut(eventId)
  expect(await clean()).toBe(1)
  expect(await deadLetterJobIds(queues, 'crm')).toEqual([])
})

test('the dead-letter jobs of all targets of an event go', async () => {
  const eventId = await accept(store, { targets: ['crm', 'email'] })
  for (const target of ['crm', 'email']) {
    await bury(store, refOf(eventId, target))
    await addDeadLetter(queues, refOf(eventId, target), 'exhausted')
  }
  await letRunOut(eventId)
  await clean()
  expect(await deadLetterJobIds(queues, 'crm')).toEqual([])
  expect(await deadLetterJobIds(queues, 'email')).toEqual([])
})

test('an event that is not due stays with its dead letter', async () => {
  const eventId = await deadLetter()
  expect(await clean()).toBe(0)
  expect(await readEvent(store, eventId)).toBeDefined()
  expect(await deadLetterJobIds(queues, 'crm')).toEqual([`${eventId}.1`])
})

test('an event with an open delivery stays, however old it is', async () => {
  const eventId = await accept(store, { targets: ['crm', 'email'] })
  await attemptAndSettle(store, refOf(eventId, 'crm'), { kind: 'delivered' })
  await store.redis.hset(keys.event(eventId), 'acceptedAt', '1')
  expect(await clean()).toBe(0)
  expect(await readEvent(store, eventId)).toBeDefined()
})

test('more events than one batch holds are forgotten in one round', async () => {
  await Promise.all(
    Array.from({ length: 401 }, async () => {
      await letRunOut(await accept(store, { targets: [] }))
    }),
  )
  expect(await clean()).toBe(401)
  expect(await dueForForgetting(store, 10)).toEqual([])
})

test('a crash between the dead-letter job and its record is made good by the next round', async () => {
  const eventId = await deadLetter()
  await letRunOut(eventId)
  // As far as a round came that was killed.
  await queues.deadOf('crm').remove(`${eventId}.1`)
  expect(await clean()).toBe(1)
  expect(await readEvent(store, eventId)).toBeUndefined()
})

test('while one process cleans, another leaves it to it', async () => {
  const eventId = await deadLetter()
  await letRunOut(eventId)
  expect(await takeLease(store, 'janitor', 'one', 60_000)).toBe(true)
  expect(await clean('two')).toBe(0)
  expect(await readEvent(store, eventId)).toBeDefined()
  expect(await clean('one')).toBe(1)
})

test('an event whose record cannot be read is forgotten when it is due, and its dead letters with it', async () => {
  const eventId = await deadLetter()
  await store.redis.hset(keys.event(eventId), 'crm/last', 'of another form')
  await letRunOut(eventId)
  expect(await clean()).toBe(1)
  expect(await deadLetterJobIds(queues, 'crm')).toEqual([])
})
