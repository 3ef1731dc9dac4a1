import { once } from 'node:events'
import { createServer, type Server } from 'node:http'
import { connect } from 'node:net'
import { createLogger, listenOn } from '@manifold/runtime'
import express from 'express'
import { afterAll, beforeAll, beforeEach, expect, test } from 'vitest'
import { requestLog } from './request-log.ts'

let lines: Record<string, unknown>[] = []
let server: Server
let url: string
let port: number

beforeAll(async () => {
  const destination = { write: (line: string) => lines.push(JSON.parse(line) as Record<string, unknown>) }
  const app = express()
    .use(requestLog(createLogger('test', 'info', destination)))
    .get('/never', () => undefined)
    .get('/livez', (_request, response) => {
      response.end()
    })
    .get('/:status', ({ params }, response) => {
      Object.assign(response.locals, { caller: 'shop', eventId: 'evt_1', problem: 'odd' })
      response.status(Number(params.status)).end()
    })
  server = createServer((request, response) => {
    app(request, response)
  })
  port = await listenOn(server, '127.0.0.1', 0)
  url = `http://127.0.0.1:${String(port)}`
})

beforeEach(() => {
  lines = []
})

afterAll(() => {
  server.close()
  server.closeAllConnections()
})

test.each([
  [200, 'info'],
  [404, 'warn'],
  [503, 'error'],
])('status %i is one line at %s, with what the handlers said', async (status, level) => {
  const { headers } = await fetch(`${url}/${String(status)}?limit=1`)
  await expect.poll(() => lines).toHaveLength(1)
  expect(lines[0]).toEqual({
    part: 'test',
    level,
    time: expect.any(String) as string,
    requestId: headers.get('x-request-id'),
    method: 'GET',
    path: `/${String(status)}`,
    status,
    caller: 'shop',
    eventId: 'evt_1',
    problem: 'odd',
    durationMs: expect.any(Number) as number,
    msg: `GET /${String(status)} ${String(status)}`,
  })
})

test("a caller's request id is taken when it is a plain one, and replaced by a ULID otherwise", async () => {
  const idFor = async (given: string) =>
    (await fetch(`${url}/200`, { headers: { 'x-request-id': given } })).headers.get('x-request-id')
  expect(await idFor('order-17')).toBe('order-17')
  expect(await idFor('a b')).toMatch(/^[0-9A-HJKMNP-TV-Z]{26}$/)
})

test('a caller that goes before its answer leaves one line', async () => {
  const socket = connect(port, '127.0.0.1')
  socket.write('GET /never HTTP/1.1\r\nhost: x\r\n\r\n')
  await once(server, 'request')
  socket.destroy()
  await expect.poll(() => lines).toMatchObject([{ path: '/never' }])
})

test('probes leave none', async () => {
  await fetch(`${url}/livez`)
  await fetch(`${url}/200`)
  await expect.poll(() => lines).toMatchObject([{ path: '/200' }])
})
