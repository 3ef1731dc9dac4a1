/** Publishing: one key for all attempts, and what a wait gives. */
import { expect, test } from 'vitest'
import {
  acceptedEvent,
  patientClock,
  problem,
  scriptedManifold,
} from '../../../test/support/scripted-manifold.ts'
import { createClient } from './client.ts'

const accepted = { status: 202, body: acceptedEvent() }
const order = { type: 'order.placed', data: { orderId: 'o-1' } }

test('every attempt at one event has the same key and the same bytes', async () => {
  const { url, asked } = await scriptedManifold(
    'hang-up',
    { status: 503, body: problem('store-unavailable', 503) },
    accepted,
  )
  await createClient({ url, clock: patientClock() }).publish(order)
  const keys = asked.map(({ headers }) => headers['idempotency-key'])
  expect(keys[0]).toMatch(/^[0-9a-f]{32}$/)
  expect(new Set(keys).size).toBe(1)
  expect(new Set(asked.map(({ body }) => body))).toEqual(new Set([JSON.stringify(order)]))
})

test('two events have two keys, and a key of your own is used', async () => {
  const { url, asked } = await scriptedManifold(accepted)
  const client = createClient({ url })
  await client.publish(order)
  await client.publish(order)
  await client.publish(order, { idempotencyKey: 'mine' })
  const keys = asked.map(({ headers }) => headers['idempotency-key'])
  expect(new Set(keys).size).toBe(3)
  expect(keys[2]).toBe('mine')
})

test('the answer is the accepted event, and says whether it was there before', async () => {
  const { url } = await scriptedManifold(accepted, {
    ...accepted,
    headers: { 'idempotent-replayed': 'true' },
  })
  const client = createClient({ url })
  expect(await client.publish(order)).toEqual({ ...acceptedEvent(), replayed: false })
  expect(await client.publish(order)).toMatchObject({ id: 'evt_1', replayed: true })
})

test('a time may be a Date', async () => {
  const { url, asked } = await scriptedManifold(accepted)
  await createClient({ url }).publish({ ...order, deliverAt: new Date('2026-02-01T00:00:00Z') })
  expect(JSON.parse(asked[0]?.body ?? '')).toMatchObject({ deliverAt: '2026-02-01T00:00:00.000Z' })
})

test('a wait gives the result when all settle in time, else the event', async () => {
  const result = { ...acceptedEvent('evt_1', 'delivered'), settledAt: '2026-01-31T09:30:01.000Z' }
  const { url, asked } = await scriptedManifold({ status: 200, body: result }, accepted)
  const client = createClient({ url })
  expect(await client.publish(order, { waitSeconds: 5 })).toEqual({ settled: true, result })
  expect(await client.publish(order, { waitSeconds: 0.2 })).toMatchObject({
    settled: false,
    event: { id: 'evt_1' },
  })
  expect(asked.map(({ headers }) => headers['prefer'])).toEqual(['wait=5', 'wait=1'])
})

test('an attempt that waits may take so much longer', async () => {
  const { url } = await scriptedManifold((response) => {
    setTimeout(() => response.writeHead(202).end(JSON.stringify(acceptedEvent())), 300)
  })
  const client = createClient({ url, timeoutMs: 100, retry: { maxAttempts: 1 } })
  expect(await client.publish(order, { waitSeconds: 1 })).toMatchObject({ settled: false })
})

test('without a wait, 200 is not taken for an accepted event', async () => {
  const { url } = await scriptedManifold({ status: 200, body: acceptedEvent() })
  await expect(createClient({ url }).publish(order)).rejects.toMatchObject({ code: 'unexpected-answer' })
})
