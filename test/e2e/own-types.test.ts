/** A key for events of some types: what it may publish, and what it gets to see. */
import { createApiKey, secret } from '@manifold/config'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { apiAt, type EventAnswer, type PageAnswer, type ProblemAnswer } from '../support/api.ts'
import { eventually } from '../support/eventually.ts'
import { startSystem, type System } from '../support/system.ts'
import { openSocket } from '../support/web-socket.ts'

const SCOPES = ['publish', 'read'] as const
const keys = {
  orders: createApiKey('orders', SCOPES, ['order.*', 'refund']),
  all: createApiKey('all', SCOPES),
  watcher: createApiKey('watcher', SCOPES, ['event.*', '*.delivery.*', 'manifold.**', 'watched']),
  admin: createApiKey('admin', ['admin'], ['order.*']),
}

process.env['OWN_TYPES_SECRET'] =
  `whsec_${Buffer.from('a secret that signs callbacks'.padEnd(32, '.')).toString('base64')}`

let system: System

beforeAll(async () => {
  const entries = Object.values(keys).map(({ entry }) => entry)
  system = await startSystem({
    environment: { MANIFOLD_API_KEYS: entries.join(' ') },
    config: (sandboxUrl) => ({
      targets: [
        { name: 'crm', subscribe: ['**'], url: `${sandboxUrl}/t/crm/ok` },
        { name: 'billing', subscribe: ['user.lost'], url: `${sandboxUrl}/t/billing/status/422` },
        { name: 'alerts', subscribe: ['manifold.delivery.dead'], url: `${sandboxUrl}/t/alerts/ok` },
      ],
      callbacks: {
        signingSecret: secret('OWN_TYPES_SECRET'),
        allowHttp: true,
        allowPrivateNetwork: ['127.0.0.0/8'],
      },
    }),
  })
})

afterAll(() => system.close())

const bearer = (name: keyof typeof keys) => ({ authorization: `Bearer ${keys[name].key}` })
const as = (name: keyof typeof keys) => apiAt(system.url, bearer(name))

test('events of its types are published, others are refused before anything else is said of them', async () => {
  expect((await as('orders').post({ type: 'order.placed', data: 1 })).status).toBe(202)
  expect((await as('orders').post({ type: 'refund', data: 1 })).status).toBe(202)
  for (const type of ['order', 'order.placed.twice', 'user.created']) {
    const answer = await as('orders').post<ProblemAnswer>({ type, data: 1, targets: ['nobody'] })
    expect(answer).toMatchObject({ status: 403, body: { code: 'type-not-allowed' } })
    expect(answer.body.detail).toContain(type)
  }
})

test('in a batch each item is judged by its own type', async () => {
  const events = [
    { type: 'order.placed', data: 1 },
    { type: 'user.created', data: 1 },
  ]
  const { body } = await as('orders').post<{ items: { status: number; problem?: ProblemAnswer }[] }>(
    events,
    {},
    '/v1/events/batch',
  )
  expect(body.items.map(({ status }) => status)).toEqual([202, 403])
  expect(body.items[1]?.problem?.code).toBe('type-not-allowed')
})

test('an event of another type is not there for it, in any form', async () => {
  const { id } = (await as('all').post({ type: 'user.created', data: 1 })).body
  const paths = ['', '?wait=5&waitFor=change', '/result', '/attempts', '/stream']
  for (const path of paths) {
    const answer = await as('orders').call<ProblemAnswer>('GET', `/v1/events/${id}${path}`)
    expect(answer, path).toMatchObject({ status: 404, body: { code: 'event-not-found' } })
  }
  const cancelled = await as('orders').call<ProblemAnswer>('DELETE', `/v1/events/${id}`)
  expect(cancelled).toMatchObject({ status: 404, body: { code: 'event-not-found' } })
})

test('its own events are there as for anybody, and the list has no others', async () => {
  const own = (await as('all').post({ type: 'order.shown', data: 1 })).body
  await as('all').post({ type: 'user.hidden', data: 1 })
  expect(await as('orders').event(own.id)).toMatchObject({ id: own.id })
  const { body } = await as('orders').call<PageAnswer<EventAnswer>>('GET', '/v1/events')
  expect(body.items.map(({ id }) => id)).toContain(own.id)
  expect(body.items.filter(({ type }) => !/^(order\.\w+|refund)$/.test(type))).toEqual([])
})

test('a stream tells it of its own events only', async () => {
  const response = await fetch(`${system.url}/v1/stream`, { headers: bearer('orders') })
  await as('all').post({ type: 'user.hidden', data: 1 })
  const { id } = (await as('all').post({ type: 'order.streamed', data: 1 })).body
  let text = ''
  for await (const piece of response.body ?? []) {
    text += Buffer.from(piece as Uint8Array).toString()
    if (text.includes('event: settled')) break
  }
  expect(text).toContain(id)
  expect(text).not.toContain('user.hidden')
})

test('over a WebSocket it publishes and follows its own events only', async () => {
  const client = await openSocket(system.url, [], { headers: bearer('orders') })
  const refused = await client.ask({ do: 'publish', event: { type: 'user.created', data: 1 } })
  expect(refused).toMatchObject({ message: 'refused', problem: { code: 'type-not-allowed' } })
  const hidden = (await as('all').post({ type: 'user.created', data: 1 })).body
  const missing = await client.ask({ do: 'subscribe', eventId: hidden.id })
  expect(missing).toMatchObject({ message: 'refused', problem: { code: 'event-not-found' } })
  await client.ask({ do: 'subscribe' })
  await as('all').post({ type: 'user.hidden', data: 1 })
  const shown = await client.ask({ do: 'publish', event: { type: 'order.placed', data: 1 } })
  await eventually('its end', () =>
    client.told().some((one) => one.message === 'settled' && one['eventId'] === shown['id']),
  )
  expect(JSON.stringify(client.told())).not.toContain('user.hidden')
  client.socket.terminate()
})

test('who operates is not limited to types', async () => {
  const { id } = (await as('all').post({ type: 'user.lost', data: 1 })).body
  await eventually('the dead letter', async () =>
    (await as('admin').deadLetters()).some(({ eventId }) => eventId === id),
  )
})

test('callbacks and operational events tell of any type: for a key with types they are not there, whatever its patterns take', async () => {
  const [watcher, all] = [
    await openSocket(system.url, [], { headers: bearer('watcher') }),
    await openSocket(system.url, [], { headers: bearer('all') }),
  ]
  for (const client of [watcher, all])
    for (const filter of [{}, { target: 'callbacks' }]) await client.ask({ do: 'subscribe', ...filter })
  const callbackUrl = `${system.sandbox.url}/t/hook/ok`
  await as('all').post({ type: 'user.created', data: 1, callbackUrl })
  await as('all').post({ type: 'user.lost', data: 1 })
  const idOf = (target: string) =>
    eventually(`an event of ${target}`, () => {
      const [body] = system.sandbox.received(target).map((one) => one.body as { id?: string })
      return body ?? false
    })
  const operational = (await idOf('alerts')).id ?? ''
  await idOf('hook')
  const callback = await eventually('the callback to be told', () =>
    all.told().find((one) => one['target'] === 'callbacks' && one.message === 'delivery'),
  )
  const last = (await as('all').post({ type: 'watched', data: 1 })).body
  await eventually('its end', () =>
    watcher.told().some((one) => one.message === 'settled' && one['eventId'] === last.id),
  )
  const seen = watcher.told().flatMap((one) => ('eventId' in one ? [one['eventId']] : []))
  expect(new Set(seen)).toEqual(new Set([last.id]))

  for (const id of [operational, String(callback['eventId'])]) {
    const path = `/v1/events/${encodeURIComponent(id)}`
    expect((await as('all').call('GET', path)).status, id).toBe(200)
    for (const part of ['', '/attempts', '/result', '/stream'])
      expect((await as('watcher').call('GET', path + part)).status, id + part).toBe(404)
  }
  const { body } = await as('watcher').call<PageAnswer<EventAnswer>>('GET', '/v1/events')
  expect(body.items.map(({ id }) => id)).toEqual([last.id])
  for (const { socket } of [watcher, all]) socket.terminate()
})

test('an id that an event of another type has is taken, and that is all that is told of it', async () => {
  const taken = (await as('all').post({ type: 'user.created', data: 'secret', id: 'shared-id' })).body
  const answer = await as('orders').post<ProblemAnswer>({ type: 'order.placed', data: 1, id: taken.id })
  expect(answer).toMatchObject({ status: 409, body: { code: 'event-id-taken' } })
  expect(JSON.stringify(answer.body)).not.toMatch(/user\.created|secret/)
  expect((await as('orders').call('GET', `/v1/events/${taken.id}`)).status).toBe(404)
})

test('of lines each is judged by its own type, and so is a CloudEvent in every mode', async () => {
  const lines = [
    { type: 'order.placed', data: 1 },
    { type: 'user.created', data: 1 },
  ]
  const ndjson = await fetch(`${system.url}/v1/events/batch`, {
    method: 'POST',
    headers: { ...bearer('orders'), 'content-type': 'application/x-ndjson' },
    body: lines.map((line) => JSON.stringify(line)).join('\n'),
  })
  const told = (await ndjson.text()).trim().split('\n')
  const items = told
    .slice(0, -1)
    .map((line) => JSON.parse(line) as { status: number; problem?: ProblemAnswer })
  expect(items.map(({ status, problem }) => [status, problem?.code])).toEqual([
    [202, undefined],
    [403, 'type-not-allowed'],
  ])

  const cloudEvent = (type: string) => ({
    specversion: '1.0',
    id: `ce-${type}-${String(Math.random())}`,
    source: '/shop',
    type,
    data: { a: 1 },
  })
  const structured = { 'content-type': 'application/cloudevents+json' }
  const binary = (type: string) => {
    const { id, source } = cloudEvent(type)
    return { 'ce-specversion': '1.0', 'ce-id': id, 'ce-source': source, 'ce-type': type }
  }
  for (const [type, status] of [
    ['order.placed', 202],
    ['user.created', 403],
  ] as const) {
    expect((await as('orders').post(cloudEvent(type), structured)).status, type).toBe(status)
    expect((await as('orders').post({ a: 1 }, binary(type))).status, type).toBe(status)
  }
  const batch = await as('orders').post<{ items: { status: number }[] }>(
    [cloudEvent('order.placed'), cloudEvent('user.created')],
    { 'content-type': 'application/cloudevents-batch+json' },
  )
  expect(batch.body.items.map(({ status }) => status)).toEqual([202, 403])
})
