/** `/v1/ws`, with a client no one here wrote. */
import { once } from 'node:events'
import { request, type IncomingMessage } from 'node:http'
import { connect } from 'node:net'
import { createApiKey } from '@manifold/config'
import { afterAll, afterEach, beforeAll, expect, test } from 'vitest'
import { apiAt } from '../support/api.ts'
import { eventually } from '../support/eventually.ts'
import { startSystem, type System } from '../support/system.ts'
import { openSocket, refusedSocket, type TestSocket } from '../support/web-socket.ts'

const keys = {
  publisher: createApiKey('publisher', ['publish']),
  reader: createApiKey('reader', ['read']),
  both: createApiKey('both', ['publish', 'read']),
  admin: createApiKey('admin', ['admin']),
}

let system: System

beforeAll(async () => {
  system = await startSystem({
    environment: {
      MANIFOLD_API_KEYS: Object.values(keys)
        .map(({ entry }) => entry)
        .join(' '),
      MANIFOLD_ALLOWED_ORIGINS: 'https://app.example',
      MANIFOLD_MAX_BODY_BYTES: '10000',
      MANIFOLD_MAX_STREAMS: '300',
    },
    config: (sandboxUrl) => ({
      targets: [{ name: 'crm', subscribe: ['order.**'], url: `${sandboxUrl}/t/crm/ok` }],
    }),
  })
})
afterEach(() => {
  for (const { socket } of opened.splice(0)) socket.terminate()
})
afterAll(() => system.close())

const opened: TestSocket[] = []

type Name = keyof typeof keys
const bearer = (name: Name) => ({ authorization: `Bearer ${keys[name].key}` })
const open = async (name: Name = 'both') => {
  const client = await openSocket(system.url, [], { headers: bearer(name) })
  opened.push(client)
  return client
}
const api = () => apiAt(system.url, bearer('both'))
const event = { type: 'order.placed', data: { orderId: 'A1' } }
const said = (client: TestSocket, subscription: unknown) =>
  client
    .told()
    .filter((one) => one['subscription'] === subscription && one.message !== 'subscribed')
    .map(({ message, status }) => (typeof status === 'string' ? `${message} ${status}` : message))

async function streamsOpen(): Promise<number> {
  const text = await (await fetch(`${system.url}/metrics`)).text()
  return Number(/^manifold_streams_open\{.*\} (\d+)$/m.exec(text)?.[1])
}

test('an event is published, answered with its ref, and followed to its end', async () => {
  const client = await open()
  const published = await client.ask({ do: 'publish', event })
  expect(published).toMatchObject({
    message: 'published',
    status: 202,
    duplicate: false,
    type: 'order.placed',
    eventStatus: 'pending',
    deliveries: [{ target: 'crm', status: 'pending' }],
  })
  const id = String(published['id'])
  const { subscription } = await client.ask({ do: 'subscribe', eventId: id })
  await eventually('the end', () => said(client, subscription).at(-1) === 'ended')
  const told = client.told().filter((one) => one['subscription'] === subscription)
  expect(told.map(({ message }) => message)).toContain('settled')
  expect(told.find(({ message }) => message === 'event')?.['event']).toMatchObject({
    id,
    type: 'order.placed',
  })
  expect(await api().event(id)).toMatchObject({ status: 'delivered' })
  client.socket.close()
})

test('the messages are those of Server-Sent Events', async () => {
  const client = await open()
  const { subscription, id: from } = await client.ask({ do: 'subscribe', type: 'order.same' })
  const { body } = await api().post({ type: 'order.same', data: 1 })
  await eventually('all', () => said(client, subscription).length === 4)
  const response = await fetch(`${system.url}/v1/stream?type=order.same&lastEventId=${String(from)}`, {
    headers: bearer('reader'),
  })
  let text = ''
  for await (const piece of response.body ?? []) {
    text += Buffer.from(piece as Uint8Array).toString()
    if (text.includes('event: settled') && text.endsWith('\n\n')) break
  }
  const frames = [...text.matchAll(/event: (\w+)\nid: (\S+)\ndata: (.*)\n/g)].map(
    ([, message, id, data]) => ({
      ...(JSON.parse(data ?? '') as object),
      message,
      id,
      subscription,
    }),
  )
  const told = client.told().filter((one) => one['eventId'] === body.id)
  expect(told).toEqual(frames)
  expect(told.map(({ message }) => message)).toEqual(['accepted', 'attempt', 'delivery', 'settled'])
  client.socket.close()
})

test('several subscriptions live side by side; one that is ended says no more, one resumes behind a place', async () => {
  const client = await open()
  const all = await client.ask({ do: 'subscribe', type: 'order.**' })
  const ends = await client.ask({ do: 'subscribe', type: 'order.side', status: 'delivered' })
  const one = await client.ask({ do: 'publish', event: { type: 'order.side', data: 1 } })
  await eventually('the ends', () => said(client, ends['subscription']).length === 2)
  await eventually('all', () => said(client, all['subscription']).length === 4)
  expect(said(client, ends['subscription'])).toEqual(['delivery delivered', 'settled delivered'])
  const unsubscribed = await client.ask({ do: 'unsubscribe', subscription: all['subscription'] })
  expect(unsubscribed).toMatchObject({ message: 'unsubscribed' })

  const second = client.told().filter((told) => told['subscription'] === all['subscription'])[2]
  const rest = await client.ask({ do: 'subscribe', type: 'order.**', after: second?.['id'] })
  await eventually('the rest', () => said(client, rest['subscription']).length === 2)
  expect(said(client, rest['subscription'])).toEqual(['delivery delivered', 'settled delivered'])

  const settled = client
    .told()
    .filter(({ message }) => message === 'settled')
    .at(-1)
  const over = await client.ask({ do: 'subscribe', eventId: one['id'], after: settled?.['id'] })
  await eventually('its end', () => said(client, over['subscription'])[0] === 'ended')
  const lost = await client.ask({ do: 'subscribe', type: 'order.**', after: '9999999999999-0.0' })
  await eventually('the reset', () => said(client, lost['subscription'])[0] === 'reset')
  await client.ask({ do: 'publish', event: { type: 'order.side', data: 2 } })
  await eventually('all', () => said(client, rest['subscription']).length === 6)
  expect(said(client, all['subscription'])).toHaveLength(4 + 1)
  client.socket.close()
})

test('the same event is published once, over WebSocket and HTTP alike', async () => {
  const client = await open()
  const asked = { do: 'publish', event: { type: 'order.once', data: 1 }, idempotencyKey: 'k-1' }
  const first = await client.ask(asked)
  expect(await client.ask(asked)).toMatchObject({ id: first['id'], duplicate: true, status: 202 })
  const posted = await api().post(asked.event, { 'idempotency-key': 'k-1' })
  expect(posted.body.id).toBe(first['id'])
  expect(posted.headers.get('idempotent-replayed')).toBe('true')
  const other = await client.ask({ ...asked, event: { type: 'order.once', data: 2 } })
  expect(other).toMatchObject({ message: 'refused', problem: { code: 'idempotency-key-reused' } })
  client.socket.close()
})

test.each([
  [{ do: 'publish', event: { type: '' } }, 'invalid-event'],
  [{ do: 'publish' }, 'invalid-request'],
  [{ do: 'publish', event: { ...event, targets: ['nobody'] } }, 'unknown-target'],
  [{ do: 'publish', event, idempotencyKey: '' }, 'invalid-idempotency-key'],
  [{ do: 'publish', event, priority: 1 }, 'invalid-request'],
  [{ do: 'dance' }, 'invalid-request'],
  [{}, 'invalid-request'],
  [{ do: 'subscribe', eventId: 'evt_none' }, 'event-not-found'],
  [{ do: 'subscribe', eventId: 'evt_none', type: 'order.*' }, 'invalid-request'],
  [{ do: 'subscribe', type: '..' }, 'invalid-request'],
  [{ do: 'subscribe', status: 'odd' }, 'invalid-request'],
  [{ do: 'subscribe', after: 'yesterday' }, 'invalid-request'],
  [{ do: 'unsubscribe', subscription: 'none' }, 'invalid-request'],
])('%j is refused as %s, and the connection stays', async (message, code) => {
  const client = await open()
  expect(await client.ask(message)).toMatchObject({ message: 'refused', problem: { code } })
  expect(await client.ask({ do: 'publish', event })).toMatchObject({ message: 'published' })
  client.socket.close()
})

test.each([
  ['{"do":', 'malformed-json'],
  ['', 'malformed-json'],
  ['[]', 'invalid-request'],
  ['null', 'invalid-request'],
  [`{"do":"publish","event":{"type":"a","data":12345678901234567890}}`, 'inexact-number'],
  [`{"do":"publish","event":{"type":"a","data":${'['.repeat(100)}${']'.repeat(100)}}}`, 'json-too-deep'],
  [Buffer.from('{}'), 'malformed-json'],
])('a frame of %j is refused as %s, and the connection stays', async (frame, code) => {
  const client = await open()
  client.socket.send(frame)
  await eventually('the refusal', () => client.told().length === 1)
  expect(client.told()[0]).toMatchObject({ message: 'refused', problem: { code } })
  expect(await client.ask({ do: 'publish', event })).toMatchObject({ message: 'published' })
  client.socket.close()
})

test('a key may do what its scopes allow, and nothing else', async () => {
  const [publisher, reader] = [await open('publisher'), await open('reader')]
  const refused = { message: 'refused', problem: { code: 'missing-scope' } }
  expect(await publisher.ask({ do: 'subscribe' })).toMatchObject(refused)
  expect(await reader.ask({ do: 'publish', event })).toMatchObject(refused)
  expect(await publisher.ask({ do: 'publish', event })).toMatchObject({ message: 'published' })
  expect(await reader.ask({ do: 'subscribe' })).toMatchObject({ message: 'subscribed' })
  publisher.socket.close()
  reader.socket.close()
})

test('a browser gives its key as a subprotocol, which is not said back', async () => {
  const { socket } = await openSocket(system.url, ['manifold', `manifold.bearer.${keys.both.key}`])
  expect(socket.protocol).toBe('manifold')
  socket.close()
})

test.each([
  ['without a key', {}, 401, 'unauthenticated'],
  ['with a wrong key', { headers: { authorization: 'Bearer mk_no' } }, 401, 'unauthenticated'],
  ['with a key that may neither publish nor read', { headers: bearer('admin') }, 403, 'missing-scope'],
  [
    'from a page of elsewhere',
    { headers: bearer('both'), origin: 'https://evil.example' },
    403,
    'origin-not-allowed',
  ],
  ['from a page of nowhere', { headers: bearer('both'), origin: 'null' }, 403, 'origin-not-allowed'],
])('a handshake %s is refused with a problem', async (_title, options, status, code) => {
  const answer = await refusedSocket(system.url, [], options)
  expect(answer.status).toBe(status)
  expect(answer.headers['content-type']).toMatch(/^application\/problem\+json/)
  expect(answer.body).toMatchObject({ code, requestId: expect.any(String) as unknown })
  const line = await eventually('its line', () =>
    system.logs().find((one) => one['requestId'] === answer.body['requestId']),
  )
  expect(line).toMatchObject({ method: 'GET', path: '/v1/ws', status, problem: code })
})

test('pages of this host, and of an allowed origin, may connect', async () => {
  for (const origin of [system.url, 'https://app.example']) {
    const { socket } = await openSocket(system.url, [], { headers: bearer('both'), origin })
    socket.close()
  }
})

test.each([
  ['no upgrade', {}],
  ['no key', { connection: 'Upgrade', upgrade: 'websocket', 'sec-websocket-version': '13' }],
  [
    'a version of old',
    {
      connection: 'Upgrade',
      upgrade: 'websocket',
      'sec-websocket-key': 'x'.repeat(22) + '==',
      'sec-websocket-version': '7',
    },
  ],
])('a handshake with %s is told what is spoken here', async (_title, headers) => {
  const asked = request(`${system.url}/v1/ws`, { headers: { ...bearer('both'), ...headers } })
  const [response] = (await once(asked.end(), 'response')) as [IncomingMessage]
  response.resume()
  expect(response.statusCode).toBe(426)
  expect(response.headers).toMatchObject({ upgrade: 'websocket', 'sec-websocket-version': '13' })
})

test('a request that offers HTTP/2 in clear text is answered as any other', async () => {
  const body = JSON.stringify(event)
  const asked = request(`${system.url}/v1/events`, {
    method: 'POST',
    headers: { ...bearer('both'), connection: 'Upgrade', upgrade: 'h2c', 'content-type': 'application/json' },
  })
  const [response] = (await once(asked.end(body), 'response')) as [IncomingMessage]
  response.resume()
  expect(response.statusCode).toBe(202)
})

test('a message too large closes the connection, as one that is not UTF-8 does', async () => {
  const large = await open()
  large.say('x'.repeat(20_000))
  expect(await large.closed).toBe(1009)
  const odd = await open()
  odd.socket.send(Buffer.from([0xff, 0xfe]), { binary: false })
  expect(await odd.closed).toBe(1007)
})

test('a connection has so many subscriptions, and a producer so many streams', async () => {
  const client = await open()
  for (let count = 0; count < 100; count++)
    expect(await client.ask({ do: 'subscribe', type: 'none' })).toMatchObject({ message: 'subscribed' })
  const refused = { message: 'refused', problem: { code: 'too-many-followers' } }
  expect(await client.ask({ do: 'subscribe', type: 'none' })).toMatchObject(refused)
  const other = await open()
  await eventually('no room', async () => (await other.ask({ do: 'subscribe' })).message === 'refused')
  const full = await refusedSocket(system.url, [], { headers: bearer('both') })
  expect(full).toMatchObject({ status: 503, body: { code: 'too-many-followers' } })
  expect(full.headers['retry-after']).toBe('5')
  // It is one caller that has its half.
  const reader = await open('reader')
  expect(await reader.ask({ do: 'subscribe' })).toMatchObject({ message: 'subscribed' })
  reader.socket.terminate()
  client.socket.close()
  other.socket.terminate()
  await eventually('all is free again', async () => (await streamsOpen()) === 0)
})

test('a flood of publishes is taken in turn, and every one is answered', async () => {
  const client = await open()
  for (let count = 0; count < 1_000; count++)
    client.say({ do: 'publish', ref: `flood-${String(count)}`, event: { type: 'order.flood', data: count } })
  const answers = await eventually('all answers', () => {
    const found = client.told().filter((one) => String(one['ref']).startsWith('flood-'))
    return found.length === 1_000 && found
  })
  expect(new Set(answers.map(({ message }) => message))).toEqual(new Set(['published']))
  expect(new Set(answers.map(({ id }) => id)).size).toBe(1_000)
  client.socket.close()
})

test('a peer that takes nothing is closed, and disturbs no other', async () => {
  // Those of the tests before must not be taken for it.
  await eventually('all is free', async () => (await streamsOpen()) === 0)
  const [slow, quick] = [await open(), await open()]
  await slow.ask({ do: 'subscribe', type: 'order.slow' })
  const { subscription } = await quick.ask({ do: 'subscribe', type: 'order.slow' })
  slow.socket.pause()
  const before = await streamsOpen()
  const long = 'x'.repeat(40_000)
  const flood = `for i = 1, 5 do redis.call('XADD', KEYS[1], '*', 'change', 'attempt', 'event', ARGV[1], 'target', 'crm', 'attempt', '1 1 1 200 delivered ok ' .. ARGV[2]) end`
  const { body } = await api().post({ type: 'order.slow', data: 1 })
  let told = 0
  await eventually('it is closed', async () => {
    await system.store.redis.eval(flood, 1, '{manifold}:changes', body.id, long)
    told += 5
    return (await streamsOpen()) <= before - 2
  })
  await eventually('the other has all', () => said(quick, subscription).length === told + 4)
  slow.socket.resume()
  expect([1013, 1006]).toContain(await slow.closed)
  quick.socket.close()
})

test('a client that vanishes frees what it held', async () => {
  const client = await open()
  await client.ask({ do: 'subscribe' })
  client.socket.terminate()
  await eventually('all is free again', async () => (await streamsOpen()) === 0)
})

test('a connection that is cut in the middle of its handshake harms nobody', async () => {
  for (let count = 0; count < 20; count++) {
    const socket = connect(Number(new URL(system.url).port), '127.0.0.1')
    socket.on('error', () => undefined)
    socket.write(
      `GET /v1/ws HTTP/1.1\r\nhost: x\r\nconnection: Upgrade\r\nupgrade: websocket\r\nsec-websocket-version: 13\r\n` +
        `sec-websocket-key: ${Buffer.alloc(16).toString('base64')}\r\nauthorization: Bearer ${keys.both.key}\r\n\r\n`,
      () => socket.resetAndDestroy(),
    )
    await once(socket, 'close')
  }
  await eventually('all is free again', async () => (await streamsOpen()) === 0)
})

test('when the producer stops, connections are told so', async () => {
  const own = await startSystem({ withWorker: false, config: () => ({ targets: [] }) })
  const client = await openSocket(own.url)
  await client.ask({ do: 'subscribe' })
  const startedAt = Date.now()
  await own.close()
  expect(await client.closed).toBe(1001)
  expect(Date.now() - startedAt).toBeLessThan(3_000)
})

test('while Redis is away everything is refused and nothing is promised; what was followed goes on when it is back', async () => {
  const own = await startSystem({ withWorker: false, config: () => ({ targets: [] }) })
  const client = await openSocket(own.url)
  const { subscription } = await client.ask({ do: 'subscribe' })
  await client.ask({ do: 'publish', event })
  await eventually('it is told', () => said(client, subscription).length === 2)
  await own.redis.kill()
  const away = { message: 'refused', problem: { code: 'store-unavailable' } }
  await eventually('it is away', async () => (await client.ask({ do: 'subscribe' })).message === 'refused')
  expect(await client.ask({ do: 'subscribe' })).toMatchObject(away)
  expect(await client.ask({ do: 'publish', event })).toMatchObject(away)
  await own.redis.start()
  await eventually('it is back', async () => {
    return (await client.ask({ do: 'publish', event })).message === 'published'
  })
  await eventually('it is told', () => said(client, subscription).length >= 4)
  client.socket.close()
  await own.close()
})
