import { once } from 'node:events'
import { createServer, type Server } from 'node:http'
import { connect } from 'node:net'
import { text } from 'node:stream/consumers'
import { listenOn } from '@manifold/runtime'
import { afterEach, beforeEach, expect, test } from 'vitest'
import { allowSlowBody, exemptSlowBodies } from './slow-body.ts'

const IDLE_MS = 60_000

let server: Server
let port: number
let idleMs = IDLE_MS

beforeEach(async () => {
  idleMs = IDLE_MS
  const limits = { requestTimeout: 600, headersTimeout: 500, connectionsCheckingInterval: 20 }
  server = createServer(limits, (request, response) => {
    if (request.url === '/slow') allowSlowBody(request, idleMs)
    text(request).then(
      (body) => response.end(body),
      () => response.destroy(),
    )
  })
  exemptSlowBodies(server)
  port = await listenOn(server, '127.0.0.1', 0)
})

afterEach(() => {
  server.close()
  server.closeAllConnections()
})

/** Sends this and leaves it at that. */
function begin(words: string) {
  const socket = connect(port, '127.0.0.1')
  socket.write(words)
  return { socket, answer: text(socket) }
}

const opening = (path: string) =>
  `POST ${path} HTTP/1.1\r\nhost: x\r\nconnection: close\r\ncontent-length: 4\r\n\r\nab`

test('a body that may take its time is read when others are long refused', async () => {
  const slow = begin(opening('/slow'))
  const hurried = begin(opening('/'))
  expect(await hurried.answer).toMatch(/^HTTP\/1.1 408 Request Timeout\r\n/)
  slow.socket.write('cd')
  expect(await slow.answer).toMatch(/^HTTP\/1.1 200 OK\r\n[^]*abcd$/)
})

test('a caller that sends nothing any more is cut off', async () => {
  idleMs = 20
  const { socket } = begin(opening('/slow'))
  await once(socket, 'close')
})

test.each([
  ['no HTTP', 400, 'good morning\r\n\r\n'],
  ['headers beyond all measure', 431, `GET / HTTP/1.1\r\nx: ${'x'.repeat(20_000)}\r\n\r\n`],
  ['headers that do not end', 408, 'GET / HTTP/1.1\r\nhost: x\r\n'],
])('%s is answered %i', async (_title, status, words) => {
  expect(await begin(words).answer).toMatch(new RegExp(`^HTTP/1.1 ${String(status)} `))
})
