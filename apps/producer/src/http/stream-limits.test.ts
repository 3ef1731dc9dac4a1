/** What a stream is refused, and what ends one. */
import { keys } from '@manifold/store'
import { expect, test } from 'vitest'
import { eventually } from '../../../../test/support/eventually.ts'
import { accept } from '../../../../test/support/store.ts'
import { ended, useStreamServer } from '../../../../test/support/stream-server.ts'
import { useTestStore } from '../../../../test/support/use-test-store.ts'

const store = useTestStore()
const server = useStreamServer(store)

test.each([
  ['/v1/stream?lastEventId=x', {}, 'lastEventId'],
  ['/v1/stream', { 'last-event-id': 'evt_1' }, 'Last-Event-ID'],
  ['/v1/stream?lastEventId=1-0.0&lastEventId=1-0.1', {}, 'lastEventId'],
  ['/v1/stream?type=a..b', {}, 'type'],
  ['/v1/stream?type=a&type=b', {}, 'type'],
  ['/v1/stream?status=odd', {}, 'status'],
  ['/v1/stream?target=No', {}, 'target'],
  ['/v1/stream?color=red', {}, 'color'],
  ['/v1/events/evt_1/stream?type=a', {}, 'type'],
])('%s %j is refused, with what is wrong', async (path, headers, field) => {
  const stream = await server.open(path, headers)
  const { response, text } = stream
  await ended(stream)
  expect(response.statusCode).toBe(400)
  expect(JSON.parse(text())).toMatchObject({ code: 'invalid-query', errors: [{ path: field }] })
})

test('an unknown event has no stream', async () => {
  for (const headers of [{}, { 'last-event-id': '0' }])
    expect((await server.open('/v1/events/evt_none/stream', headers)).response.statusCode).toBe(404)
  expect(server.streams()).toBe(0)
})

test('HEAD is answered without a stream', async () => {
  const eventId = await accept(store)
  expect(await server.head('/v1/stream')).toBe(200)
  expect(await server.head(`/v1/events/${eventId}/stream`)).toBe(200)
  expect(await server.head('/v1/events/evt_none/stream')).toBe(404)
  expect(server.streams()).toBe(0)
})

test('there are so many streams at most; one that leaves makes room', async () => {
  const [first] = [
    await server.open('/v1/stream'),
    await server.open('/v1/stream'),
    await server.open('/v1/stream'),
  ]
  const refused = await server.open('/v1/stream')
  const { response, text } = refused
  await ended(refused)
  expect(response.statusCode).toBe(503)
  expect(response.headers['retry-after']).toBe('5')
  expect(JSON.parse(text())).toMatchObject({ code: 'too-many-followers' })
  first.response.destroy()
  await eventually('room', () => server.streams() === 2)
  expect((await server.open('/v1/stream')).response.statusCode).toBe(200)
})

test("the server's limits for requests do not cut a stream", async () => {
  const limits = { requestTimeout: 200, headersTimeout: 150, connectionsCheckingInterval: 10 }
  await server.move(limits)
  const stream = await server.open('/v1/stream')
  await eventually('a long life', () => stream.text().split(': ping').length > 15)
  expect(stream.response.closed).toBe(false)
  await accept(store)
  await eventually('it goes on', () => stream.frames().length === 1)
})

test('a client that vanishes frees what it held at once', async () => {
  const eventId = await accept(store)
  const open3 = [
    await server.open('/v1/stream'),
    await server.open(`/v1/events/${eventId}/stream`),
    await server.open('/v1/stream', { 'last-event-id': '0' }),
  ]
  await eventually('all follow', () => server.followers() === 2)
  for (const { response } of open3) response.destroy()
  await eventually('nobody follows', () => server.followers() === 0 && server.streams() === 0)
  await eventually('no connection', () => server.connections().then((count) => count === 0))
})

test('a reader that takes nothing is cut off, is not waited for, and goes on where it was', async () => {
  const slow = await server.open('/v1/stream')
  const quick = await server.open('/v1/stream')
  await eventually('both', () => slow.text() !== '' && quick.text() !== '')
  slow.response.pause()
  const long = 'x'.repeat(20_000)
  const say = (count: number) =>
    store.redis.eval(
      `for i = 1, tonumber(ARGV[1]) do redis.call('XADD', KEYS[1], '*', 'change', 'accepted', 'event', 'evt_' .. i, 'type', ARGV[2]) end`,
      1,
      keys.changes,
      count,
      long,
    )
  let said = 0
  await eventually('it is cut off', async () => {
    await say(20)
    said += 20
    return server.streams() === 1
  })
  await eventually('the other has all', () => quick.frames().length === said)
  slow.response.resume()
  await ended(slow)
  const had = slow.frames()
  const rest = await server.open('/v1/stream', { 'last-event-id': had.at(-1)?.id ?? '' })
  await eventually('the rest', () => had.length + rest.frames().length === said)
  expect([...had, ...rest.frames()]).toEqual(quick.frames())
})

test('one that took nothing over two beats while catching up is cut off', async () => {
  const text = `for i = 1, 5000 do redis.call('XADD', KEYS[1], '*', 'change', 'accepted', 'event', 'evt_' .. i, 'type', ARGV[1]) end`
  await store.redis.eval(text, 1, keys.changes, 'x'.repeat(10_000))
  const response = await server.request('/v1/stream', { 'last-event-id': '0' })
  await eventually('it is cut off', () => server.streams() === 0)
  expect(server.followers()).toBe(0)
  response.destroy()
})

test('when the producer stops, streams end; they can be gone on with elsewhere', async () => {
  const eventId = await accept(store)
  const open2 = [await server.open('/v1/stream'), await server.open(`/v1/events/${eventId}/stream`)]
  await eventually('both', () => server.followers() === 2)
  server.leave()
  await Promise.all(open2.map(ended))
  await eventually('nobody follows', () => server.followers() === 0 && server.streams() === 0)
})
