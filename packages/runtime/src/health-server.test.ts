import { once } from 'node:events'
import { connect } from 'node:net'
import { afterEach, expect, test } from 'vitest'
import { eventually } from '../../../test/support/eventually.ts'
import { connectionsOf, serverAt } from '../../../test/support/server-at.ts'
import { startHealthServer, type Health, type HealthChecks, type HealthServer } from './health-server.ts'
import { Counter, createRegistry, Gauge, Registry } from './metrics.ts'
import { SERVER_LIMITS } from './server-limits.ts'

const open: HealthServer[] = []
afterEach(async () => {
  for (const server of open.splice(0)) await server.close()
})

const OK: Health = { ok: true }

async function start(
  checks: Partial<HealthChecks> = {},
  registry = new Registry(),
  stillMs?: number,
): Promise<string> {
  const server = await startHealthServer(
    '127.0.0.1',
    0,
    { live: () => OK, ready: () => OK, ...checks },
    registry,
    stillMs,
  )
  open.push(server)
  return `http://127.0.0.1:${String(server.port)}`
}

async function get(url: string): Promise<{ status: number; body: unknown }> {
  const response = await fetch(url)
  return { status: response.status, body: await response.json() }
}

test.each(['/livez', '/readyz'])('%s answers 200 while its check finds nothing', async (path) => {
  expect(await get((await start()) + path)).toEqual({ status: 200, body: { status: 'ok' } })
})

test.each([
  ['/livez', 'live', '/readyz'],
  ['/readyz', 'ready', '/livez'],
])('%s answers 503 with the problem, and the other check is not concerned', async (path, check, other) => {
  const url = await start({ [check]: () => ({ ok: false, problem: 'Redis is away' }) })
  expect(await get(url + path)).toEqual({
    status: 503,
    body: { status: 'failing', problem: 'Redis is away' },
  })
  expect(await get(url + other)).toMatchObject({ status: 200 })
})

test('a check is asked at each request, and may take its time', async () => {
  const findings: Health[] = [{ ok: false, problem: 'starting' }, OK]
  const url = await start({ ready: () => Promise.resolve(findings.shift() ?? OK) })
  expect(await get(`${url}/readyz`)).toMatchObject({ status: 503 })
  expect(await get(`${url}/readyz`)).toMatchObject({ status: 200 })
})

test('a check that throws or rejects is a problem, not the end of the server', async () => {
  const url = await start({
    live: () => {
      throw new Error('thrown')
    },
    ready: () => Promise.reject(new Error('rejected')),
  })
  expect(await get(`${url}/livez`)).toMatchObject({ status: 503, body: { problem: 'thrown' } })
  expect(await get(`${url}/readyz`)).toMatchObject({ status: 503, body: { problem: 'rejected' } })
})

test('a query does not change which check is asked', async () => {
  expect(await get(`${await start()}/readyz?verbose=1`)).toMatchObject({ status: 200 })
})

test('an answer about health is not cached', async () => {
  const response = await fetch(`${await start()}/livez`)
  expect(response.headers.get('cache-control')).toBe('no-store')
})

test("/metrics shows the registry's metrics, with the part on each", async () => {
  const registry = createRegistry('worker')
  new Counter({ name: 'things_total', help: 'Things', registers: [registry] }).inc(3)
  const response = await fetch(`${await start({}, registry)}/metrics`)
  expect(response.status).toBe(200)
  expect(response.headers.get('content-type')).toMatch(/^text\/plain; version=0\.0\.4/)
  const text = await response.text()
  expect(text).toContain('things_total{part="worker"} 3')
  expect(text).toContain('process_cpu_seconds_total')
})

test('another path answers 404 and says what there is', async () => {
  const response = await fetch(`${await start()}/`)
  expect(response.status).toBe(404)
  expect(await response.text()).toContain('/livez, /readyz and /metrics')
})

test('starting on a port that is taken fails, and names the port', async () => {
  const port = Number(new URL(await start()).port)
  const checks = { live: () => OK, ready: () => OK }
  await expect(startHealthServer('127.0.0.1', port, checks, new Registry())).rejects.toThrow(
    `port ${String(port)} on 127.0.0.1 is in use`,
  )
})

test('closing does not wait for a check that never ends', async () => {
  const asked = Promise.withResolvers<undefined>()
  const server = await startHealthServer(
    '127.0.0.1',
    0,
    {
      live: () => {
        asked.resolve(undefined)
        return new Promise(() => undefined)
      },
      ready: () => OK,
    },
    new Registry(),
  )
  const answer = fetch(`http://127.0.0.1:${String(server.port)}/livez`)
  await asked.promise
  await Promise.all([server.close(), expect(answer).rejects.toThrow()])
})

test('a metric that cannot be read is a 503, and the server lives on', async () => {
  const registry = new Registry()
  new Gauge({
    name: 'broken',
    help: 'throws when it is read',
    registers: [registry],
    collect: () => {
      throw new Error('no reading')
    },
  })
  const url = await start({}, registry)
  expect(await get(`${url}/metrics`)).toMatchObject({ status: 503, body: { problem: 'no reading' } })
  expect(await get(`${url}/livez`)).toMatchObject({ status: 200 })
})

test('whoever asks without end and takes no answer is cut off, so that probes find room', async () => {
  const registry = new Registry()
  // More than lies between the two by itself.
  new Gauge({ name: 'long', help: 'x'.repeat(500_000), registers: [registry] })
  const url = await start({}, registry, 200)
  const server = await serverAt(url)
  const socket = connect({ port: Number(new URL(url).port), host: '127.0.0.1', allowHalfOpen: true })
  socket.on('error', () => undefined).pause()
  await once(socket, 'connect')
  socket.write('GET /metrics HTTP/1.1\r\nhost: x\r\n\r\n'.repeat(60))
  await eventually('it to be cut off', async () => (await connectionsOf(server)) === 0)
  socket.destroy()
})

test('a client holds a connection for ten seconds at most, and there are 256 of them', async () => {
  expect(await serverAt(await start())).toMatchObject({
    headersTimeout: 10_000,
    requestTimeout: 10_000,
    timeout: 10_000,
    maxHeaderSize: SERVER_LIMITS.maxHeaderSize,
    maxConnections: 256,
  })
})
