/** Server-Sent Events through the whole system, over networks that cut, with a client no one here wrote. */
import { once } from 'node:events'
import { get, type IncomingMessage } from 'node:http'
import { createApiKey } from '@manifold/config'
import { newestChange } from '@manifold/store'
import { EventSource } from 'eventsource'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { apiAt } from '../support/api.ts'
import { startCuttingProxy } from '../support/cutting-proxy.ts'
import { eventually } from '../support/eventually.ts'
import { framesOf, type Frame } from '../support/frames.ts'
import { startSystem, type System } from '../support/system.ts'

let system: System

beforeAll(async () => {
  system = await startSystem({
    config: (sandboxUrl) => ({
      targets: [
        {
          name: 'crm',
          subscribe: ['order.**'],
          url: `${sandboxUrl}/t/crm/flaky?fail=2`,
          retry: { maxAttempts: 3, baseDelayMs: 1, maxDelayMs: 5 },
          // It fails more often than not.
          breaker: { failureRate: 1, minimumAttempts: 1_000 },
        },
        { name: 'mail', subscribe: ['order.**'], url: `${sandboxUrl}/t/mail/ok` },
      ],
    }),
  })
})
afterAll(() => system.close())

const NAMES = ['accepted', 'attempt', 'delivery', 'settled', 'event', 'reset']

/** Follows with the library, which comes back by itself whenever it was cut off. */
async function follow(url: string) {
  const source = new EventSource(url)
  const frames: Frame[] = []
  let wasOpen = false
  source.addEventListener('open', () => (wasOpen = true))
  for (const name of NAMES)
    source.addEventListener(name, ({ data, lastEventId }) => {
      frames.push({ event: name, id: lastEventId, data: JSON.parse(String(data)) as Record<string, unknown> })
    })
  await eventually('it is open', () => wasOpen)
  return { source, frames }
}

/** Follows with nothing but HTTP, and comes back at once. */
async function followClosely(
  url: string,
  place: string,
  frames: Frame[],
  signal: AbortSignal,
): Promise<void> {
  for (let last = place; !signal.aborted; last = frames.at(-1)?.id ?? place) {
    const asked = get(url, { agent: false, headers: { 'last-event-id': last }, signal })
    asked.on('error', () => undefined)
    try {
      const [response] = (await once(asked, 'response')) as [IncomingMessage]
      let text = ''
      for await (const piece of response.setEncoding('utf8')) {
        text += String(piece)
        const end = text.lastIndexOf('\n\n') + 2
        if (end === 1) continue
        frames.push(...framesOf(text.slice(0, end)))
        text = text.slice(end)
      }
    } catch {
      // Cut: the next connection goes on.
    }
  }
}

/** What was told of every event is what its record says. */
async function expectToldAsRecorded(frames: readonly Frame[], ids: readonly string[]): Promise<void> {
  expect(new Set(frames.map(({ id }) => id)).size).toBe(frames.length)
  for (const id of ids) {
    const told = frames.filter(({ data }) => data['eventId'] === id)
    const [record, attempts] = await Promise.all([system.api.event(id), system.api.attempts(id)])
    expect(told[0]).toMatchObject({ event: 'accepted', data: { status: 'pending' } })
    expect(told.at(-1)).toMatchObject({ event: 'settled', data: { status: record.status } })
    for (const { id: deliveryId, target, status } of record.deliveries) {
      const own = told.filter(({ data }) => data['deliveryId'] === deliveryId)
      const toldAttempts = own.filter(({ event }) => event === 'attempt').map(({ data }) => data['attempt'])
      const recorded = attempts.filter((attempt) => attempt.target === target)
      expect(toldAttempts).toEqual(
        recorded.map(({ number, at, durationMs, httpStatus, outcome, reason, error }) => ({
          number,
          at,
          durationMs,
          httpStatus,
          outcome,
          reason,
          error,
        })),
      )
      expect(own.at(-1)).toMatchObject({ event: 'delivery', data: { status, nextAttemptAt: null } })
    }
  }
}

const publish = async (count: number, type = 'order.placed') => {
  const answers = await Promise.all(
    Array.from({ length: count }, (_, index) => system.api.post({ type, data: index })),
  )
  return answers.map(({ body }) => body.id)
}
const settled = (frames: readonly Frame[]) => frames.filter(({ event }) => event === 'settled').length

test('a client library that is cut off again and again is told everything once, in order', async () => {
  const cuts = [700, 3_001, 2_502]
  const proxy = await startCuttingProxy(system.url, (connection) => cuts[connection] ?? Infinity)
  const whole = await follow(`${system.url}/v1/stream`)
  const cut = await follow(`${proxy.url}/v1/stream`)
  const ids = await publish(40)
  await eventually('both have all', () => settled(whole.frames) === 40 && settled(cut.frames) === 40)
  expect(proxy.connections()).toBe(4)
  expect(cut.frames).toEqual(whole.frames)
  await expectToldAsRecorded(cut.frames, ids)
  whole.source.close()
  cut.source.close()
  proxy.close()
})

test('wherever the connection is cut, and however often, nothing is missed and nothing is told twice', async () => {
  const proxy = await startCuttingProxy(system.url, () => 400 + Math.floor(Math.random() * 6_000))
  const whole = await follow(`${system.url}/v1/stream?type=order.cut`)
  const over = new AbortController()
  const place = await newestChange(system.store)
  const readers: Frame[][] = [[], [], []]
  const following = readers.map((frames) =>
    followClosely(`${proxy.url}/v1/stream?type=order.cut`, place, frames, over.signal),
  )
  const ids: string[] = []
  for (let round = 0; round < 6; round++) ids.push(...(await publish(8, 'order.cut')))
  await eventually('all is settled', () => settled(whole.frames) === ids.length)
  await eventually('all have all', () => readers.every((frames) => frames.length >= whole.frames.length))
  expect(proxy.connections()).toBeGreaterThan(40)
  over.abort()
  await Promise.all(following)
  for (const frames of readers) expect(frames).toEqual(whole.frames)
  await expectToldAsRecorded(whole.frames, ids)
  whole.source.close()
  proxy.close()
})

test('a client library follows one event to its end, however often it is cut off, and then stays away', async () => {
  const proxy = await startCuttingProxy(system.url, (connection) => [2_400, 1_700][connection] ?? Infinity)
  system.sandbox.behave('mail', '/delay/1500')
  const [id = ''] = await publish(1)
  const { source, frames } = await follow(`${proxy.url}/v1/events/${id}/stream`)
  await eventually('it is told to stay away', () => source.readyState === EventSource.CLOSED)
  system.sandbox.behave('mail', undefined)
  expect(frames[0]).toMatchObject({ event: 'event', data: { id } })
  expect(frames.map(({ event }) => event)).toContain('attempt')
  expect(frames.filter(({ event }) => event === 'event')).toHaveLength(1)
  expect(frames.at(-1)).toMatchObject({ event: 'settled', data: { status: 'delivered' } })
  expect(settled(frames)).toBe(1)
  expect(new Set(frames.map((frame) => frame.id)).size).toBe(frames.length)
  proxy.close()
})

test('a replayed dead letter is told of as a new life of its delivery', async () => {
  system.sandbox.behave('mail', '/status/422')
  const { source, frames } = await follow(`${system.url}/v1/stream?type=order.again&target=mail`)
  const [id = ''] = await publish(1, 'order.again')
  await eventually('it died', () => frames.at(-1)?.data['status'] === 'dead')
  system.sandbox.behave('mail', undefined)
  await eventually('it is replayed', async () => {
    const answer = await system.api.call('POST', `/v1/admin/dead-letters/${id}-mail/replay`)
    return answer.status === 202
  })
  await eventually('it is delivered', () => frames.at(-1)?.data['status'] === 'delivered')
  expect(frames.map(({ event, data }) => [event, data['status'], data['generation']])).toEqual([
    ['attempt', undefined, undefined],
    ['delivery', 'dead', undefined],
    ['delivery', 'pending', 2],
    ['attempt', undefined, undefined],
    ['delivery', 'delivered', undefined],
  ])
  source.close()
})

test('a stream wants a key that may read, and is one line in the log when it ends', async () => {
  const keys = { reader: createApiKey('reader', ['read']), publisher: createApiKey('publisher', ['publish']) }
  const own = await startSystem({
    withWorker: false,
    environment: {
      MANIFOLD_API_KEYS: `${keys.reader.entry} ${keys.publisher.entry}`,
      MANIFOLD_MAX_STREAMS: '1',
    },
    config: () => ({ targets: [] }),
  })
  const ask = (key: string) =>
    apiAt(own.url, { authorization: `Bearer ${key}` }).call<{ code: string }>('GET', '/v1/stream')
  expect(await ask('mk_none')).toMatchObject({ status: 401 })
  expect(await ask(keys.publisher.key)).toMatchObject({ status: 403, body: { code: 'missing-scope' } })
  const asked = get(`${own.url}/v1/stream`, {
    agent: false,
    headers: { authorization: `Bearer ${keys.reader.key}`, 'x-request-id': 'my-stream' },
  })
  const [response] = (await once(asked, 'response')) as [IncomingMessage]
  asked.on('error', () => undefined)
  response.resume()
  expect(await ask(keys.reader.key)).toMatchObject({ status: 503, body: { code: 'too-many-followers' } })
  expect(own.logs().filter((line) => line['requestId'] === 'my-stream')).toEqual([])

  const startedAt = Date.now()
  await own.close()
  await eventually('it ends', () => response.readableEnded)
  expect(Date.now() - startedAt).toBeLessThan(5_000)
  const lines = own.logs().filter((line) => line['requestId'] === 'my-stream')
  expect(lines).toMatchObject([
    { path: '/v1/stream', status: 200, caller: 'reader', durationMs: expect.any(Number) as unknown },
  ])
})

test('while Redis is away a stream is refused with 503; one that is open goes on when it is back', async () => {
  const own = await startSystem({ withWorker: false, config: () => ({ targets: [] }) })
  const { source, frames } = await follow(`${own.url}/v1/stream`)
  await own.api.post({ type: 'a.b', data: 1 })
  await eventually('it is told', () => frames.length === 2)
  await own.redis.kill()
  await eventually('it is refused', async () => (await fetch(`${own.url}/v1/stream`)).status === 503)
  await own.redis.start()
  await eventually('it is back', async () => (await own.api.post({ type: 'a.b', data: 2 })).status === 202)
  await eventually('it is told', () => frames.length >= 4)
  expect(frames.map(({ event }) => event)).toEqual(['accepted', 'settled', 'accepted', 'settled'])
  source.close()
  await own.close()
})
