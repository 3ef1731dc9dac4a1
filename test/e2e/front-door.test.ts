/** What a stranger meets: headers that keep browsers and caches out, and limits to what one may hold. */
import { once } from 'node:events'
import { connect, type Socket } from 'node:net'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { eventually } from '../support/eventually.ts'
import { startSystem, type System } from '../support/system.ts'

let system: System

beforeAll(async () => {
  system = await startSystem({
    withWorker: false,
    environment: { MANIFOLD_MAX_CONNECTIONS: '3' },
    config: () => ({ targets: [] }),
  })
})

afterAll(() => system.close())

const closing = { connection: 'close' }

test.each(['/v1/events', '/v1/events/none', '/v1/admin/targets', '/nonsense', '/livez', '/metrics'])(
  'nothing may be kept, framed or guessed of %s',
  async (path) => {
    const { headers } = await fetch(system.url + path, { headers: closing })
    expect(headers.get('cache-control')).toBe('no-store')
    expect(headers.get('content-security-policy')).toBe("default-src 'none';frame-ancestors 'none'")
    expect(headers.get('x-content-type-options')).toBe('nosniff')
    expect(headers.get('x-frame-options')).toBe('DENY')
    expect(headers.get('referrer-policy')).toBe('no-referrer')
    expect(headers.get('x-powered-by')).toBeNull()
    // Browsers heed it over TLS only.
    expect(headers.get('strict-transport-security')).toBeNull()
  },
)

test('a status may be kept by who asked, and is asked for again each time', async () => {
  const { body } = await system.api.post({ type: 'order.placed', data: 1 }, closing)
  const { headers } = await fetch(`${system.url}/v1/events/${body.id}`, { headers: closing })
  expect(headers.get('cache-control')).toBe('private, no-cache')
})

test('headers beyond 16 KiB are refused', async () => {
  const response = await fetch(system.url, { headers: { ...closing, 'x-large': 'x'.repeat(17_000) } })
  expect(response.status).toBe(431)
})

test('without a proxy to trust, nobody’s word is taken for where a request came from', async () => {
  await fetch(`${system.url}/v1/events/none`, {
    method: 'DELETE',
    headers: { ...closing, 'x-forwarded-for': '203.0.113.7' },
  })
  const line = await eventually('the line', () => system.logs().find((one) => one['audit'] === true))
  expect(line['ip']).toBe('127.0.0.1')
})

test('connections beyond the limit are closed, which is told, and those within are served', async () => {
  const port = Number(new URL(system.url).port)
  const open: Socket[] = []
  for (let count = 0; count < 3; count++) {
    const socket = connect(port, '127.0.0.1')
    await once(socket, 'connect')
    open.push(socket)
  }
  const refused = connect(port, '127.0.0.1')
  await once(refused, 'close')
  await eventually('the word', () => system.logs().some((line) => line['max'] === 3))
  open[0]?.write('GET /livez HTTP/1.1\r\nHost: 127.0.0.1\r\n\r\n')
  const [answer] = (await once(open[0] ?? refused, 'data')) as [Buffer]
  expect(answer.toString()).toMatch(/^HTTP\/1.1 200 /)
  for (const socket of open) socket.destroy()
})
