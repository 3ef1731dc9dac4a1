/** Streams: what is read, how a broken one goes on, and when it ends. */
import type { ServerResponse } from 'node:http'
import { expect, test, onTestFinished, vi } from 'vitest'
import {
  acceptedEvent,
  patientClock,
  problem,
  scriptedManifold,
} from '../../../test/support/scripted-manifold.ts'
import { createClient } from './client.ts'
import type { StreamMessage } from './stream-messages.ts'

const common = { eventId: 'evt_1', type: 'order.placed', at: '2026-01-31T09:30:00.000Z' }

const said = (event: string, id: string, data: object) =>
  `event: ${event}\nid: ${id}\ndata: ${JSON.stringify(data)}\n\n`
const whole = said('event', '1-0.0', acceptedEvent())
const delivery = (id: string) =>
  said('delivery', id, {
    ...common,
    deliveryId: 'evt_1-crm',
    target: 'crm',
    status: 'delivered',
    nextAttemptAt: null,
  })
const settled = (id: string) => said('settled', id, { ...common, status: 'delivered' })

function open(response: ServerResponse): ServerResponse {
  return response.writeHead(200, { 'content-type': 'text/event-stream' })
}
const saying =
  (...texts: string[]) =>
  (response: ServerResponse) => {
    open(response).end(texts.join(''))
  }

async function take(messages: AsyncIterable<StreamMessage>): Promise<StreamMessage[]> {
  const taken: StreamMessage[] = []
  for await (const message of messages) taken.push(message)
  return taken
}

test('the stream of one event is read to its end, and ends by itself', async () => {
  const { url, asked } = await scriptedManifold((response) => {
    // Left open: the reader knows that nothing follows.
    open(response).write(`: ping\n\n${whole}${delivery('2-0.0')}${settled('2-0.1')}`)
  })
  const messages = await take(createClient({ url, apiKey: 'k' }).stream({ eventId: 'evt_1' }))
  expect(messages).toEqual([
    { message: 'event', id: '1-0.0', event: acceptedEvent() },
    {
      ...common,
      message: 'delivery',
      id: '2-0.0',
      deliveryId: 'evt_1-crm',
      target: 'crm',
      status: 'delivered',
      nextAttemptAt: null,
    },
    { ...common, message: 'settled', id: '2-0.1', status: 'delivered' },
  ])
  expect(asked[0]).toMatchObject({
    path: '/v1/events/evt_1/stream',
    headers: { accept: 'text/event-stream', authorization: 'Bearer k' },
  })
})

test('a stream that breaks goes on behind the last message it had', async () => {
  const { url, asked } = await scriptedManifold(
    saying(whole, delivery('2-0.0')),
    (response) => {
      open(response).write(delivery('3-0.0') + 'event: settled\nda', () => response.destroy())
    },
    'hang-up',
    { status: 503, headers: { 'retry-after': '7' } },
    saying(settled('4-0.0')),
  )
  const clock = patientClock()
  const messages = await take(createClient({ url, clock, random: () => 1 }).stream({ eventId: 'evt_1' }))
  expect(messages.map(({ id }) => id)).toEqual(['1-0.0', '2-0.0', '3-0.0', '4-0.0'])
  expect(asked.map(({ headers }) => headers['last-event-id'])).toEqual([
    undefined,
    '2-0.0',
    '3-0.0',
    '3-0.0',
    '3-0.0',
  ])
  expect(clock.pausesMs).toEqual([1_000, 1_000, 2_000, 7_000])
})

test('the pause is what the server asks for, partly chance', async () => {
  const { url } = await scriptedManifold(saying('retry: 300\n\n', whole), saying(settled('2-0.0')))
  const clock = patientClock()
  await take(createClient({ url, clock, random: () => 0 }).stream({ eventId: 'evt_1' }))
  expect(clock.pausesMs).toEqual([150])
})

test('a live feed is narrowed by its filter, and goes on behind a settled event and a reset', async () => {
  const { url, asked } = await scriptedManifold(
    saying(
      settled('2-0.0'),
      said('reset', '', { reason: 'too-far-behind' }),
      said('novelty', '9-9.9', { a: 1 }),
    ),
    saying(settled('3-0.0')),
  )
  const seen: StreamMessage[] = []
  let opened = 0
  const client = createClient({ url, clock: patientClock() })
  const feed = client.stream(
    { type: 'order.*', target: 'crm', status: 'delivered' },
    { after: '1-0.0', onOpen: () => (opened += 1) },
  )
  for await (const message of feed) if (seen.push(message) === 3) break
  expect(seen.map(({ message }) => message)).toEqual(['settled', 'reset', 'settled'])
  expect(asked.map(({ path }) => path)).toEqual(
    Array(2).fill('/v1/stream?type=order.*&target=crm&status=delivered'),
  )
  expect(asked.map(({ headers }) => headers['last-event-id'])).toEqual(['1-0.0', '9-9.9'])
  expect(opened).toBe(2)
})

test('leaving the loop frees the connection', async () => {
  let isFree = false
  const { url } = await scriptedManifold((response) => {
    response.on('close', () => (isFree = true))
    open(response).write(whole)
  })
  for await (const message of createClient({ url }).stream({ eventId: 'evt_1' })) {
    expect(message.message).toBe('event')
    break
  }
  await expect.poll(() => isFree).toBe(true)
})

test('an abort ends a waiting stream at once, with its reason, and frees the connection', async () => {
  let isFree = false
  const { url } = await scriptedManifold((response) => {
    response.on('close', () => (isFree = true))
    open(response).write(whole)
  })
  const controller = new AbortController()
  const reason = new Error('enough')
  const { signal } = controller
  const work = (async () => {
    for await (const message of createClient({ url }).stream({ eventId: 'evt_1' }, { signal }))
      if (message.message === 'event')
        setImmediate(() => {
          controller.abort(reason)
        })
  })()
  await expect(work).rejects.toBe(reason)
  await expect.poll(() => isFree).toBe(true)
})

test('a connection that is silent for too long is given up; a slow reader is not silence', async () => {
  const SILENCE_MS = 60_000
  const { url, asked } = await scriptedManifold(
    (response) => open(response).write(whole),
    saying(settled('2-0.0')),
  )
  vi.useFakeTimers({ toFake: ['setTimeout', 'clearTimeout'] })
  onTestFinished(() => {
    vi.useRealTimers()
  })
  const client = createClient({ url, clock: patientClock() })
  const stream = client.stream({ eventId: 'evt_1' }, { silenceMs: SILENCE_MS })[Symbol.asyncIterator]()
  expect(await stream.next()).toMatchObject({ value: { id: '1-0.0' } })
  // Slower than the silence that is allowed: the reader is, not the server.
  vi.advanceTimersByTime(10 * SILENCE_MS)
  expect(asked).toHaveLength(1)

  const next = stream.next()
  while (vi.getTimerCount() === 0) await new Promise((resolve) => setImmediate(resolve))
  expect(asked).toHaveLength(1)
  vi.advanceTimersByTime(SILENCE_MS)
  expect(await next).toMatchObject({ value: { id: '2-0.0' } })
  expect(asked).toHaveLength(2)
  expect(await stream.next()).toMatchObject({ done: true })
})

test('a stream that is refused is not tried again', async () => {
  const { url, asked } = await scriptedManifold({ status: 404, body: problem('event-not-found', 404) })
  const work = take(createClient({ url }).stream({ eventId: 'evt_1' }))
  await expect(work).rejects.toMatchObject({ code: 'event-not-found' })
  expect(asked).toHaveLength(1)
})

test('one that was never open gives up like any request; one that was is reopened for as long as it takes', async () => {
  const away = { status: 503, body: problem('too-many-followers', 503) }
  const never = await scriptedManifold(away)
  const work = take(createClient({ url: never.url, clock: patientClock() }).stream({}))
  await expect(work).rejects.toMatchObject({ code: 'too-many-followers' })
  expect(never.asked).toHaveLength(5)

  const once = await scriptedManifold(
    saying(whole),
    ...Array<typeof away>(20).fill(away),
    saying(settled('2-0.0')),
  )
  const told: (string | undefined)[] = []
  const clock = patientClock()
  const messages = createClient({ url: once.url, clock }).stream(
    { eventId: 'evt_1' },
    { onReconnect: (_delayMs, error) => told.push(error?.code) },
  )
  expect(await take(messages)).toHaveLength(2)
  expect(told).toEqual([undefined, ...Array<string>(20).fill('too-many-followers')])
  expect(Math.max(...clock.pausesMs)).toBeLessThanOrEqual(30_000)
})

test.each([
  { what: 'no JSON', text: said('settled', '1', {}).replace('{}', '{') },
  { what: 'another thing', text: said('settled', '1', { hello: 1 }) },
])('a message that holds $what is an unexpected answer', async ({ text }) => {
  const { url } = await scriptedManifold(saying(text))
  const work = take(createClient({ url }).stream({ eventId: 'evt_1' }))
  await expect(work).rejects.toMatchObject({ code: 'unexpected-answer' })
})

test('an answer that is no stream is an unexpected answer', async () => {
  const { url } = await scriptedManifold({ status: 200, body: acceptedEvent() })
  const work = take(createClient({ url }).stream({ eventId: 'evt_1' }))
  await expect(work).rejects.toMatchObject({ code: 'unexpected-answer' })
})

test('letters that a chunk cuts in two arrive whole', async () => {
  const bytes = Buffer.from(said('event', '1', { ...acceptedEvent(), subject: 'ü€😀' }) + settled('2'))
  const { url } = await scriptedManifold(async (response) => {
    open(response)
    for (const byte of bytes) {
      response.write(Buffer.of(byte))
      if (byte > 127) await new Promise((resolve) => setImmediate(resolve))
    }
    response.end()
  })
  const [first] = await take(createClient({ url }).stream({ eventId: 'evt_1' }))
  expect(first).toMatchObject({ event: { subject: 'ü€😀' } })
})
