/** The client against a whole Manifold: waits, answers at once, cancelling and batches. */
import { createClient, type Client } from '@manifold/client'
import { afterEach, beforeEach, expect, test } from 'vitest'
import { eventually } from '../support/eventually.ts'
import { startSystem, type System } from '../support/system.ts'

let system: System
let client: Client
let requests: string[]

beforeEach(async () => {
  system = await startSystem({
    config: (sandboxUrl) => ({
      targets: [
        { name: 'crm', subscribe: ['order.*'], url: `${sandboxUrl}/t/crm`, captureResponse: true },
        { name: 'broken', subscribe: ['order.lost'], url: `${sandboxUrl}/t/broken/status/400` },
      ],
    }),
    withWorker: false,
  })
  requests = []
  client = createClient({
    url: system.url,
    fetch: (input, init) => {
      const { method, url } = new Request(input, init)
      requests.push(`${method} ${url.slice(system.url.length)}`)
      return fetch(input, init)
    },
  })
})

afterEach(() => system.close())

const order = { type: 'order.placed', data: { orderId: 'o-1' } }

test('an event that settles while it is waited for costs one request', async () => {
  const { id } = await client.publish(order)
  requests.length = 0
  const wait = client.waitFor(id)
  await eventually('the wait to begin', () => requests.length === 1)
  await system.work()
  expect(await wait).toMatchObject({ id, status: 'delivered' })
  expect(requests).toEqual([`GET /v1/events/${id}?wait=30`])
})

test('a wait that is too short gives the event as it is', async () => {
  const { id } = await client.publish(order)
  expect(await client.waitFor(id, { timeoutMs: 1_100 })).toMatchObject({ id, status: 'pending' })
})

test('published with a wait, the answer is the result of all targets', async () => {
  await system.work()
  const answer = await client.publish({ ...order, type: 'order.lost' }, { waitSeconds: 20 })
  expect(answer).toMatchObject({
    settled: true,
    result: {
      status: 'partially_delivered',
      deliveries: expect.arrayContaining([
        expect.objectContaining({ target: 'crm', status: 'delivered', httpStatus: 200 }),
        expect.objectContaining({ target: 'broken', status: 'dead', httpStatus: 400 }),
      ]) as unknown,
    },
  })
})

test('when the time of a wait is up the event is under way, and its result comes later', async () => {
  const answer = await client.publish(order, { waitSeconds: 1 })
  if (answer.settled) throw new Error('nothing works yet')
  const { id } = answer.event
  expect(await client.result(id)).toMatchObject({ id, status: 'pending' })
  await system.work()
  await client.waitFor(id)
  const result = await client.result(id)
  expect(result).toMatchObject({ id, status: 'delivered', deliveries: [{ target: 'crm', required: true }] })
  expect(result.deliveries[0]?.response).toMatchObject({ truncated: false })
})

test('what was not attempted is cancelled; what was delivered cannot be', async () => {
  const { id } = await client.publish({ ...order, delayMs: 60_000 })
  expect(await client.cancel(id)).toMatchObject({ id, status: 'cancelled' })
  expect(await client.cancel(id)).toMatchObject({ id, status: 'cancelled' })

  await system.work()
  const { id: delivered } = await client.publish(order)
  await client.waitFor(delivered)
  await expect(client.cancel(delivered)).rejects.toMatchObject({ code: 'event-not-cancellable', status: 409 })
})

test('a batch larger than a chunk has a result for each event, in order, and is stored once', async () => {
  const events = Array.from({ length: 450 }, (_, n) =>
    n === 7 ? { type: '', data: n } : { ...order, data: { n } },
  )
  const first = await client.publishBatch(events, { idempotencyKey: 'import-7' })
  expect(first).toMatchObject({ accepted: 449, refused: 1 })
  expect(first.items.map(({ index }) => index)).toEqual(events.map((_event, index) => index))
  expect(first.items[7]).toMatchObject({ kind: 'refused', error: { code: 'invalid-event', status: 422 } })

  const again = await client.publishBatch(events, { idempotencyKey: 'import-7' })
  const ids = ({ items }: typeof first) =>
    items.map((item) => (item.kind === 'accepted' ? item.event.id : undefined))
  expect(ids(again)).toEqual(ids(first))
  expect(again.items.every((item) => item.kind === 'refused' || item.event.replayed)).toBe(true)
})
