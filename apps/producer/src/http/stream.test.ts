/** Streams as a client meets them, on a real Redis; their limits and times are the test's own. */
import { once } from 'node:events'
import {
  createServer,
  get,
  type ClientRequest,
  type IncomingMessage,
  type RequestListener,
  type Server,
} from 'node:http'
import type { AddressInfo } from 'node:net'
import { createLogger } from '@manifold/runtime'
import { keys } from '@manifold/store'
import express from 'express'
import { afterAll, afterEach, beforeAll, beforeEach, expect, test } from 'vitest'
import { eventually } from '../../../../test/support/eventually.ts'
import { framesOf, type Frame } from '../../../../test/support/frames.ts'
import {
  accept,
  attemptAndSettle,
  refOf,
  startTestStore,
  type TestStore,
} from '../../../../test/support/store.ts'
import { createChangeHub, type ChangeHub } from '../changes/change-hub.ts'
import { createLiveFeed } from '../streams/live-feed.ts'
import { createOpenStreams, type OpenStreams } from '../streams/open-streams.ts'
import { createTypeLookup } from '../streams/type-lookup.ts'
import { streamRouter } from './stream.ts'

let store: TestStore
let hub: ChangeHub
let server: Server
let serve: RequestListener
let streams: OpenStreams
let leaving: AbortController
let url: string
const errors: unknown[] = []

beforeAll(async () => {
  store = await startTestStore()
})
beforeEach(async () => {
  await store.clear()
  errors.length = 0
  leaving = new AbortController()
  const onError = (error: unknown) => errors.push(error)
  hub = createChangeHub({ store, connect: () => store.redis.duplicate(), onError })
  streams = createOpenStreams({ max: 3, beatMs: 30, leaving: leaving.signal })
  const lookUpTypes = createTypeLookup(store)
  const app = express().use(
    streamRouter({
      store,
      hub,
      feed: createLiveFeed({ hub, lookUpTypes, onError }),
      lookUpTypes,
      streams,
      requireScope: () => (_request, _response, next) => {
        next()
      },
      logger: createLogger('test', 'silent'),
    }),
  )
  serve = (request, response) => {
    app(request, response)
  }
  server = createServer(serve)
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
  url = urlOf(server)
})
afterEach(async () => {
  server.close()
  server.closeAllConnections()
  await hub.close()
  expect(errors).toEqual([])
})
afterAll(() => store.close())

const urlOf = (one: Server) => `http://127.0.0.1:${String((one.address() as AddressInfo).port)}`

type Stream = {
  readonly response: IncomingMessage
  readonly text: () => string
  readonly frames: () => Frame[]
}

/** One that is cut off later is no error of the test's. */
async function responseTo(request: ClientRequest): Promise<IncomingMessage> {
  const [response] = (await once(request, 'response')) as [IncomingMessage]
  request.on('error', () => undefined)
  return response.on('error', () => undefined)
}

async function open(path: string, headers: Record<string, string> = {}): Promise<Stream> {
  const request = get(url + path, { agent: false, headers })
  const response = await responseTo(request)
  let text = ''
  response.setEncoding('utf8').on('data', (piece: string) => (text += piece))
  return { response, text: () => text, frames: () => framesOf(text) }
}

const names = (stream: Stream) => stream.frames().map(({ event }) => event)
const ended = ({ response }: Stream) => eventually('the end', () => response.closed)
const deliver = (eventId: string) => attemptAndSettle(store, refOf(eventId), { kind: 'delivered' })

test('the stream of an event begins with the event, tells what happens and ends with it', async () => {
  const eventId = await accept(store)
  const stream = await open(`/v1/events/${eventId}/stream`)
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
  expect(hub.followers()).toBe(0)
  expect(streams.count()).toBe(0)
})

test('the stream of an event that has settled says so and ends; who has seen the end is told to stay away', async () => {
  const eventId = await accept(store)
  await deliver(eventId)
  const stream = await open(`/v1/events/${eventId}/stream`)
  await ended(stream)
  expect(names(stream)).toEqual(['event', 'settled'])
  const { id = '' } = stream.frames().at(-1) ?? {}
  const again = await open(`/v1/events/${eventId}/stream`, { 'last-event-id': id })
  expect(again.response.statusCode).toBe(204)
})

test.each(['header', 'query'])(
  'from any place of an event, by %s, the rest is told once, whether it has settled or not',
  async (by) => {
    const eventId = await accept(store)
    const whole = await open('/v1/stream?lastEventId=0')
    await attemptAndSettle(store, refOf(eventId), { kind: 'retry', delayMs: 0 })
    const resume = (id: string) =>
      by === 'header'
        ? open(`/v1/events/${eventId}/stream`, { 'last-event-id': id })
        : open(`/v1/events/${eventId}/stream?lastEventId=${id}`)
    await eventually('three', () => whole.frames().length === 3)
    const early = await resume(whole.frames()[1]?.id ?? '')
    await deliver(eventId)
    await ended(early)
    await eventually('six', () => whole.frames().length === 6)
    expect(early.frames()).toEqual(whole.frames().slice(2))
    for (let from = 0; from < 5; from++) {
      const stream = await resume(whole.frames()[from]?.id ?? '')
      await ended(stream)
      expect(stream.frames()).toEqual(whole.frames().slice(from + 1))
    }
  },
)

test('a place that is no longer kept is answered with a reset, and goes on from now', async () => {
  const eventId = await accept(store)
  for (let count = 0; count < 5; count++) await accept(store)
  await store.redis.xtrim(keys.changes, 'MAXLEN', 2)
  const gone = { 'last-event-id': '1-0.0' }
  const feed = await open('/v1/stream', gone)
  await eventually('the reset', () => names(feed)[0] === 'reset')
  expect(feed.frames()[0]?.data).toEqual({ reason: 'too-far-behind' })
  const one = await open(`/v1/events/${eventId}/stream`, gone)
  await eventually('the event', () => names(one).length === 2)
  await deliver(eventId)
  await ended(one)
  expect(names(one)).toEqual(['reset', 'event', 'attempt', 'delivery', 'settled'])
  await eventually('the end', () => names(feed).length === 4)
  expect(names(feed)).toEqual(['reset', 'attempt', 'delivery', 'settled'])
})

test('when changes are lost on the way, followers are told of the reset and go on', async () => {
  const eventId = await accept(store)
  const [feed, one] = [await open('/v1/stream'), await open(`/v1/events/${eventId}/stream`)]
  await eventually('the event', () => names(one).length === 1)
  await accept(store)
  await eventually('it is live', () => names(feed).length === 1)
  const flood = `
    for i = 1, 1000 do redis.call('XADD', KEYS[1], '*', 'change', 'accepted', 'event', 'evt_' .. i, 'type', 'x') end
    redis.call('XTRIM', KEYS[1], 'MAXLEN', 900)`
  await store.redis.eval(flood, 1, keys.changes)
  await eventually('both resets', () => names(feed).includes('reset') && names(one).includes('reset'))
  expect(names(one)).toEqual(['event', 'reset', 'event'])
  await deliver(eventId)
  await ended(one)
  await eventually('the feed goes on', () => names(feed).at(-1) === 'settled')
})

test('a stream is alive between changes, and its place moves on past what was not asked for', async () => {
  const stream = await open('/v1/stream?type=other.**')
  await accept(store)
  const newest = await store.redis.xrevrange(keys.changes, '+', '-', 'COUNT', 1)
  const place = `${newest[0]?.[0] ?? ''}.0`
  await eventually('the place', () => stream.text().includes(`: ping\nid: ${place}\n\n`))
  await eventually('a plain one', () => stream.text().endsWith(': ping\n\n: ping\n\n'))
  expect(stream.frames()).toEqual([])
})

test("the server's limits for requests do not cut a stream", async () => {
  const limits = { requestTimeout: 200, headersTimeout: 150, connectionsCheckingInterval: 10 }
  const strict = createServer(limits, serve).listen(0, '127.0.0.1')
  await once(strict, 'listening')
  url = urlOf(strict)
  const stream = await open('/v1/stream')
  await eventually('a long life', () => stream.text().split(': ping').length > 15)
  expect(stream.response.closed).toBe(false)
  await accept(store)
  await eventually('it goes on', () => stream.frames().length === 1)
  strict.close()
  strict.closeAllConnections()
})

test.each([
  ['?type=order.placed&target=mail', ['attempt', 'delivery']],
  ['?type=order.*&status=delivered', ['delivery', 'delivery', 'settled']],
  ['?target=crm&status=delivered', ['delivery']],
  ['?status=pending', ['accepted']],
  ['?type=*', []],
])('a filter leaves the messages that say what it asks for: %s', async (query, expected) => {
  const stream = await open(`/v1/stream${query}`)
  const done = await open('/v1/stream')
  const eventId = await accept(store, { targets: ['crm', 'mail'] })
  for (const target of ['crm', 'mail'])
    await attemptAndSettle(store, refOf(eventId, target), { kind: 'delivered' })
  await eventually('all', () => names(done).at(-1) === 'settled')
  await eventually('the same', () => names(stream).length === expected.length)
  expect(names(stream)).toEqual(expected)
})

test('an event that nobody wants is told of as unrouted, with its end', async () => {
  const stream = await open('/v1/stream?status=unrouted')
  await accept(store, { targets: [] })
  await eventually('both', () => stream.frames().length === 2)
  expect(names(stream)).toEqual(['accepted', 'settled'])
})

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
  const stream = await open(path, headers)
  const { response, text } = stream
  await ended(stream)
  expect(response.statusCode).toBe(400)
  expect(JSON.parse(text())).toMatchObject({ code: 'invalid-query', errors: [{ path: field }] })
})

test('an unknown event has no stream', async () => {
  for (const headers of [{}, { 'last-event-id': '0' }])
    expect((await open('/v1/events/evt_none/stream', headers)).response.statusCode).toBe(404)
  expect(streams.count()).toBe(0)
})

test('HEAD is answered without a stream', async () => {
  const eventId = await accept(store)
  const head = async (path: string) => (await fetch(url + path, { method: 'HEAD' })).status
  expect(await head('/v1/stream')).toBe(200)
  expect(await head(`/v1/events/${eventId}/stream`)).toBe(200)
  expect(await head('/v1/events/evt_none/stream')).toBe(404)
  expect(streams.count()).toBe(0)
})

test('there are so many streams at most; one that leaves makes room', async () => {
  const [first] = [await open('/v1/stream'), await open('/v1/stream'), await open('/v1/stream')]
  const refused = await open('/v1/stream')
  const { response, text } = refused
  await ended(refused)
  expect(response.statusCode).toBe(503)
  expect(response.headers['retry-after']).toBe('5')
  expect(JSON.parse(text())).toMatchObject({ code: 'too-many-followers' })
  first.response.destroy()
  await eventually('room', () => streams.count() === 2)
  expect((await open('/v1/stream')).response.statusCode).toBe(200)
})

test('a client that vanishes frees what it held at once', async () => {
  const eventId = await accept(store)
  const open3 = [
    await open('/v1/stream'),
    await open(`/v1/events/${eventId}/stream`),
    await open('/v1/stream', { 'last-event-id': '0' }),
  ]
  await eventually('all follow', () => hub.followers() === 2)
  for (const { response } of open3) response.destroy()
  await eventually('nobody follows', () => hub.followers() === 0 && streams.count() === 0)
  await eventually('no connection', () => connections().then((count) => count === 0))
})

test('a reader that takes nothing is cut off, is not waited for, and goes on where it was', async () => {
  const slow = await open('/v1/stream')
  const quick = await open('/v1/stream')
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
    return streams.count() === 1
  })
  await eventually('the other has all', () => quick.frames().length === said)
  slow.response.resume()
  await ended(slow)
  const had = slow.frames()
  const rest = await open('/v1/stream', { 'last-event-id': had.at(-1)?.id ?? '' })
  await eventually('the rest', () => had.length + rest.frames().length === said)
  expect([...had, ...rest.frames()]).toEqual(quick.frames())
})

test('a long way behind is caught up with in pieces, whole and in order', async () => {
  const flood = `for i = 1, 2000 do redis.call('XADD', KEYS[1], '*', 'change', 'accepted', 'event', 'evt_' .. i, 'type', 'x') end`
  await store.redis.eval(flood, 1, keys.changes)
  const stream = await open('/v1/stream?lastEventId=0')
  await eventually('all', () => stream.frames().length === 2_000)
  const ids = stream.frames().map(({ data }) => data['eventId'])
  expect(ids).toEqual(Array.from({ length: 2_000 }, (_, index) => `evt_${String(index + 1)}`))
  const eventId = await accept(store)
  const one = await open(`/v1/events/${eventId}/stream?lastEventId=${stream.frames()[3]?.id ?? ''}`)
  await deliver(eventId)
  await ended(one)
  expect(names(one)).toEqual(['accepted', 'attempt', 'delivery', 'settled'])
})

test('one that took nothing over two beats while catching up is cut off', async () => {
  const text = `for i = 1, 5000 do redis.call('XADD', KEYS[1], '*', 'change', 'accepted', 'event', 'evt_' .. i, 'type', ARGV[1]) end`
  await store.redis.eval(text, 1, keys.changes, 'x'.repeat(10_000))
  const request = get(`${url}/v1/stream`, { agent: false, headers: { 'last-event-id': '0' } })
  const response = await responseTo(request)
  await eventually('it is cut off', () => streams.count() === 0)
  expect(hub.followers()).toBe(0)
  response.destroy()
})

test('when the producer stops, streams end; they can be gone on with elsewhere', async () => {
  const eventId = await accept(store)
  const open2 = [await open('/v1/stream'), await open(`/v1/events/${eventId}/stream`)]
  await eventually('both', () => hub.followers() === 2)
  leaving.abort()
  await Promise.all(open2.map(ended))
  await eventually('nobody follows', () => hub.followers() === 0 && streams.count() === 0)
})

function connections(): Promise<number> {
  return new Promise((resolve, reject) => {
    server.getConnections((error, count) => {
      if (error === null) resolve(count)
      else reject(error)
    })
  })
}
