import { callbackEventId, CALLBACKS_TARGET, type DeliveryRef } from '@manifold/domain'
import {
  confirmOutbox,
  keys,
  noteKnownTargets,
  outboxSize,
  readRemovedTargets,
  removedTargetNames,
  type Telling,
} from '@manifold/store'
import { expect, test } from 'vitest'
import { eventually } from '../../../test/support/eventually.ts'
import { accept, keptDelivery, refOf } from '../../../test/support/store.ts'
import { useTestQueues, useTestStore } from '../../../test/support/use-test-store.ts'
import { buryWaiting } from './bury-removed.ts'
import { deadLetterJobIds } from './dead-letter-queue.ts'
import { enqueueBundled, enqueueDeliveries, enqueueLater } from './enqueue-deliveries.ts'
import { readQueueDepth } from './target-queue.ts'

const store = useTestStore()
const queues = useTestQueues(store)

const newRef = async () => refOf(await accept(store))

test('what waits, is delayed, travels with others or is to be replayed dies, once, and its jobs go', async () => {
  const refs = await Promise.all(Array.from({ length: 5 }, newRef))
  const [alone, later, ...together] = refs
  if (alone === undefined || later === undefined) throw new Error('five were made')
  await enqueueDeliveries(queues, [alone])
  await enqueueLater(queues, later, 3_600_000)
  await enqueueBundled(queues, together, () => 10)
  expect(await buryWaiting(store, queues, 'crm', 100)).toMatchObject({ buried: 5, more: false })
  expect(await buryWaiting(store, queues, 'crm', 100)).toMatchObject({ buried: 0, more: false })
  for (const ref of refs)
    expect(await keptDelivery(store, ref)).toMatchObject({ status: 'dead', reason: 'unknown-target' })
  expect(await readQueueDepth(queues, 'crm')).toEqual({ waiting: 0, delayed: 0, inFlight: 0, dead: 5 })
})

test('each that dies is told of, also again where that failed', async () => {
  const refs = [await newRef(), await newRef()]
  await enqueueBundled(queues, refs, () => 10)
  const told: string[] = []
  const tell = ({ eventId }: DeliveryRef) => {
    told.push(eventId)
    return told.length === 1 ? Promise.reject(new Error('not now')) : Promise.resolve()
  }
  await expect(buryWaiting(store, queues, 'crm', 100, { onBuried: tell })).rejects.toThrow('not now')
  expect(await buryWaiting(store, queues, 'crm', 100, { onBuried: tell })).toMatchObject({
    buried: 1,
    more: false,
  })
  const [first, second] = refs.map(({ eventId }) => eventId)
  expect(told).toEqual([first, first, second])
})

const telling: Telling = {
  heard: new Set(['dead']),
  subscribers: () => ['pager'],
  openMsOf: () => undefined,
}

test('who subscribes to dead letters is told of those', async () => {
  await enqueueDeliveries(queues, [await newRef()])
  expect(await buryWaiting(store, queues, 'crm', 100, { telling })).toMatchObject({ buried: 1, more: false })
  expect(await readQueueDepth(queues, 'pager')).toMatchObject({ waiting: 1 })
  expect(await outboxSize(store)).toBe(1)
})

test('of hundreds that die at once few are told', async () => {
  for (let count = 0; count < 30; count++) await enqueueDeliveries(queues, [await newRef()])
  expect(await buryWaiting(store, queues, 'crm', 100, { telling })).toMatchObject({ buried: 30, more: false })
  expect(await readQueueDepth(queues, 'pager')).toMatchObject({ waiting: 20 })
})

test('nobody is told of callbacks', async () => {
  const id = callbackEventId('evt_settled', 1_000, 'https://caller.example/hook')
  const ref = refOf(await accept(store, { id, targets: [CALLBACKS_TARGET] }), CALLBACKS_TARGET)
  await enqueueDeliveries(queues, [ref])
  expect(await buryWaiting(store, queues, CALLBACKS_TARGET, 100, { telling })).toMatchObject({ buried: 1 })
  expect(await readQueueDepth(queues, 'pager')).toMatchObject({ waiting: 0 })
})

test('it says when there is more than it may look at', async () => {
  for (let count = 0; count < 3; count++) await enqueueDeliveries(queues, [await newRef()])
  expect(await buryWaiting(store, queues, 'crm', 2)).toMatchObject({ buried: 2, more: true })
  expect(await buryWaiting(store, queues, 'crm', 2)).toMatchObject({ buried: 1, more: false })
})

test('a job that a worker holds is left to it', async () => {
  const ref = await newRef()
  await enqueueDeliveries(queues, [ref])
  await store.redis.set(`${queues.of('crm').toKey(`${ref.eventId}.1`)}:lock`, 'a worker')
  expect(await buryWaiting(store, queues, 'crm', 100)).toMatchObject({ buried: 0, more: false })
  expect(await keptDelivery(store, ref)).toMatchObject({ status: 'pending' })
})

test('a delivery that was settled and not yet buried is buried all the same', async () => {
  const ref = await newRef()
  await enqueueDeliveries(queues, [ref])
  await buryWaiting(store, queues, 'crm', 100)
  await queues.deadOf('crm').obliterate({ force: true })
  await enqueueDeliveries(queues, [ref])
  expect(await buryWaiting(store, queues, 'crm', 100)).toMatchObject({ buried: 0, more: false })
  expect(await deadLetterJobIds(queues, 'crm')).toEqual([`${ref.eventId}.1`])
})

test('a target is removed when nobody has told of it for a while; when that was noticed stays until it is back', async () => {
  await noteKnownTargets(store, ['crm', 'email'])
  expect(await readRemovedTargets(store, 60_000)).toEqual([])
  expect(await readRemovedTargets(store, -1)).toEqual([
    { name: 'crm', sinceMs: 0 },
    { name: 'email', sinceMs: 0 },
  ])
  await eventually('time to pass', async () => {
    const [first] = await readRemovedTargets(store, -1)
    return first !== undefined && first.sinceMs > 5
  })
  expect(await noteKnownTargets(store, ['email'])).toEqual(['email'])
  expect(await noteKnownTargets(store, ['email'])).toEqual([])
  expect(await removedTargetNames(store)).toEqual(['crm'])
})

test('a delivery whose record cannot be read is buried like others; what nobody can be told of it stays on the outbox', async () => {
  const [broken, whole] = [await newRef(), await newRef()]
  await enqueueDeliveries(queues, [broken, whole])
  await confirmOutbox(
    store,
    [broken, whole].map(({ eventId }) => ({ kind: 'event', eventId })),
  )
  await store.redis.hset(keys.event(broken.eventId), 'crm/last', 'of another form')
  expect(await buryWaiting(store, queues, 'crm', 100, { telling })).toMatchObject({ buried: 2, more: false })
  expect(await readQueueDepth(queues, 'crm')).toEqual({ waiting: 0, delayed: 0, inFlight: 0, dead: 2 })
  expect(await readQueueDepth(queues, 'pager')).toMatchObject({ waiting: 1 })
  expect(await outboxSize(store)).toBe(1)
})
