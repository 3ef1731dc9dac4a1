/** What the log says of WebSockets: a line for each connection, and one for each event that is published over it. */
import { createApiKey } from '@manifold/config'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { eventually } from '../support/eventually.ts'
import { startSystem, type System } from '../support/system.ts'
import { openSocket } from '../support/web-socket.ts'

const keys = {
  publisher: createApiKey('publisher', ['publish']),
  reader: createApiKey('reader', ['read']),
}

let system: System

beforeAll(async () => {
  system = await startSystem({
    withWorker: false,
    environment: { MANIFOLD_API_KEYS: `${keys.publisher.entry} ${keys.reader.entry}` },
    config: () => ({ targets: [{ name: 'crm', subscribe: ['order.**'], url: 'https://crm.example/' }] }),
  })
})
afterAll(() => system.close())

const bearer = (name: keyof typeof keys) => ({ authorization: `Bearer ${keys[name].key}` })
const open = (name: keyof typeof keys) => openSocket(system.url, [], { headers: bearer(name) })
const event = { type: 'order.placed', data: { orderId: 'A1' } }

test('each publish leaves a line in the shape of the one of a request: done, repeated or refused', async () => {
  const client = await open('publisher')
  const published = await client.ask({ do: 'publish', event, idempotencyKey: 'logged' })
  await client.ask({ do: 'publish', event, idempotencyKey: 'logged' })
  await client.ask({ do: 'publish', event: { type: 'not a type' } })
  const reader = await open('reader')
  await reader.ask({ do: 'publish', event })
  await reader.ask({ do: 'subscribe', type: 'order.never' })
  const lines = await eventually('the lines', () => {
    const found = system
      .logs()
      .filter(({ method, caller }) => method === 'PUBLISH' && (caller === 'publisher' || caller === 'reader'))
    return found.length === 4 && found
  })
  const common = { path: '/v1/ws', requestId: expect.any(String) as string }
  const taken = { ...common, level: 'info', status: 202, caller: 'publisher', eventId: published['id'] }
  expect(lines).toMatchObject([
    {
      ...taken,
      traceId: expect.stringMatching(/^[0-9a-f]{32}$/) as string,
      durationMs: expect.any(Number) as number,
      msg: 'PUBLISH /v1/ws 202',
    },
    taken,
    { ...common, level: 'warn', status: 422, caller: 'publisher', problem: 'invalid-event' },
    { ...common, level: 'warn', status: 403, caller: 'reader', problem: 'missing-scope' },
  ])
  for (const { socket } of [client, reader]) socket.close()
})

test('a connection is one line in the log, when it ends', async () => {
  const client = await openSocket(system.url, [], {
    headers: { ...bearer('reader'), 'x-request-id': 'my-socket' },
  })
  await client.ask({ do: 'subscribe', type: 'order.never' })
  const ownLines = () => system.logs().filter((one) => one['requestId'] === 'my-socket')
  expect(ownLines()).toEqual([])
  client.socket.close()
  await eventually('its line', () => ownLines().length > 0)
  expect(ownLines()).toMatchObject([{ path: '/v1/ws', status: 101, caller: 'reader' }])
})
