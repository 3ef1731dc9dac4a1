/** What a stream says, as a client meets it. */
import { keys } from '@manifold/store'
import { expect, test } from 'vitest'
import { eventually } from '../../../../test/support/eventually.ts'
import { accept, attemptAndSettle, refOf } from '../../../../test/support/store.ts'
import { ended, names, useStreamServer } from '../../../../test/support/stream-server.ts'
import { useTestStore } from '../../../../test/support/use-test-store.ts'

const store = useTestStore()
const server = useStreamServer(store)

const deliver = (eventId: string) => attemptAndSettle(store, refOf(eventId), { kind: 'delivered' })

test('the stream of an event begins with the event, tells what happens and ends with it', async () => {
  const eventId = await accept(store)
  const stream = await server.open(`/v1/events/${eventId}/stream`)
  expect(stream.response.headers).toMatchObject({
    'content-type': 'text/event-stream; charset=utf-8',
    'cache-control': 'no-cache, no-transform',
    'x-accel-buffering': 'no',
  })
  await eventually('the event', () => stream.frames().length === 1)
  await attemptAndSettle(store, refOf(eventId), { kind: 'retry', delayMs: 0 })
  await deliver(eventId)
  await ended(stream)
  const said = stream.frames().map(({ event, data }) => [event, data['status']])
  expect(said).toEqual([
    ['event', 'pending'],
    ['attempt', undefined],
    ['delivery', 'retrying'],
    ['attempt', undefined],
    ['delivery', 'delivered'],
    ['settled', 'delivered'],
  ])
  expect(stream.text()).toMatch(/^retry: 1000\n/)
  expect(stream.frames()[1]?.data).toMatchObject({
    eventId,
    type: 'order.placed',
    deliveryId: `${eventId}-crm`,
    target: 'crm',
    attempt: { number: 1, httpStatus: 503, outcome: 'retryable' },
  })
  expect(server.followers()).toBe(0)
  expect(server.streams()).toBe(0)
})

test('the stream of an event that has settled says so and ends; who has seen the end is told to stay away', async () => {
  const eventId = await accept(store)
  await deliver(eventId)
  const stream = await server.open(`/v1/events/${eventId}/stream`)
  await ended(stream)
  expect(names(stream)).toEqual(['event', 'settled'])
  const { id = '' } = stream.frames().at(-1) ?? {}
  const again = await server.open(`/v1/events/${eventId}/stream`, { 'last-event-id': id })
  expect(again.response.statusCode).toBe(204)
})

test('a stream is alive between changes, and its place moves on past what was not asked for', async () => {
  const stream = await server.open('/v1/stream?type=other.**')
  await accept(store)
  const newest = await store.redis.xrevrange(keys.changes, '+', '-', 'COUNT', 1)
  const place = `${newest[0]?.[0] ?? ''}.0`
  await eventually('the place', () => stream.text().includes(`: ping\nid: ${place}\n\n`))
  await eventually('a plain one', () => stream.text().endsWith(': ping\n\n: ping\n\n'))
  expect(stream.frames()).toEqual([])
})

test.each([
  ['?type=order.placed&target=mail', ['attempt', 'delivery']],
  ['?type=order.*&status=delivered', ['delivery', 'delivery', 'settled']],
  ['?target=crm&status=delivered', ['delivery']],
  ['?status=pending', ['accepted']],
  ['?type=*', []],
])('a filter leaves the messages that say what it asks for: %s', async (query, expected) => {
  const stream = await server.open(`/v1/stream${query}`)
  const done = await server.open('/v1/stream')
  const eventId = await accept(store, { targets: ['crm', 'mail'] })
  for (const target of ['crm', 'mail'])
    await attemptAndSettle(store, refOf(eventId, target), { kind: 'delivered' })
  await eventually('all', () => names(done).at(-1) === 'settled')
  await eventually('the same', () => names(stream).length === expected.length)
  expect(names(stream)).toEqual(expected)
})

test('an event that nobody wants is told of as unrouted, with its end', async () => {
  const stream = await server.open('/v1/stream?status=unrouted')
  await accept(store, { targets: [] })
  await eventually('both', () => stream.frames().length === 2)
  expect(names(stream)).toEqual(['accepted', 'settled'])
})
