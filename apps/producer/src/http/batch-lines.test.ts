/** Lines at the pace of their caller, on a real Redis and a real socket. */
import { once } from 'node:events'
import { createServer, type Server } from 'node:http'
import { connect, type Socket } from 'node:net'
import { compileRouter } from '@manifold/domain'
import { createLogger, listenOn } from '@manifold/runtime'
import { countEvents } from '@manifold/store'
import { NO_TRACING } from '@manifold/tracing'
import express from 'express'
import { afterAll, beforeAll, expect, test, vi } from 'vitest'
import { startTestStore, type TestStore } from '../../../../test/support/store.ts'
import { createGates } from '../overload/intake.ts'
import { acceptBatch } from './batch.ts'
import { noteCaller } from './require-scope.ts'

let store: TestStore
let server: Server
let port: number
let accepted = 0

beforeAll(async () => {
  store = await startTestStore()
  const app = express().post(
    '/',
    (_request, response, next) => {
      noteCaller(response, { name: 'shop', scopes: new Set(['publish']) })
      next()
    },
    ...acceptBatch({
      store,
      events: new Map(),
      route: compileRouter([]),
      optionalTargets: new Set(),
      judgeCallbackUrl: () => undefined,
      newEventId: () => crypto.randomUUID(),
      enqueue: () => undefined,
      onBrokenFilters: () => undefined,
      intake: createGates({ onRefused: () => undefined, onNoRoom: () => undefined }),
      limiter: undefined,
      leaving: new AbortController().signal,
      tracing: NO_TRACING,
      onAccepted: () => {
        accepted++
      },
      logger: createLogger('test', 'silent'),
      maxBodyBytes: 100_000,
      maxBatchBytes: 100_000,
      stallMs: 200,
    }),
  )
  server = createServer((request, response) => {
    app(request, response)
  })
  port = await listenOn(server, '127.0.0.1', 0)
})

afterAll(async () => {
  server.close()
  server.closeAllConnections()
  await store.close()
})

test('a caller that never reads its answer is read no further, and is cut off', async () => {
  const served = once(server, 'connection') as Promise<[Socket]>
  const socket = connect(port, '127.0.0.1')
  socket.on('error', () => undefined)
  socket.write(
    'POST / HTTP/1.1\r\nhost: x\r\ncontent-type: application/x-ndjson\r\ntransfer-encoding: chunked\r\n\r\n',
  )
  // Each is refused, at more length than it has: what the two sides hold between them is soon full.
  const lines = '17\n'.repeat(20_000)
  const chunk = `${lines.length.toString(16)}\r\n${lines}\r\n`
  const send = () => {
    while (socket.writable && socket.write(chunk));
  }
  socket.on('drain', send)
  send()
  // Never resumed: nothing reads.
  await new Promise((resolve) => socket.once('close', resolve))
  await expect.poll(connections).toBe(0)
  const [{ bytesRead }] = await served
  expect(bytesRead).toBeLessThan(1_000_000)
  expect(bytesRead).toBeLessThan(socket.bytesWritten)
  expect(accepted).toBe(await countEvents(store))
})

function connections(): Promise<number> {
  return new Promise((resolve, reject) => {
    server.getConnections((error, count) => {
      if (error === null) resolve(count)
      else reject(error)
    })
  })
}

test('a caller that takes too long over one line is cut off, however steadily it sends', async () => {
  vi.useFakeTimers({ toFake: ['performance'] })
  try {
    const before = accepted
    const socket = connect(port, '127.0.0.1')
    socket.on('error', () => undefined)
    const head =
      'POST / HTTP/1.1\r\nhost: x\r\ncontent-type: application/x-ndjson\r\ntransfer-encoding: chunked'
    const line = '{"type":"order.placed","data":1}\n'
    socket.write(`${head}\r\n\r\n${line.length.toString(16)}\r\n${line}\r\n`)
    await expect.poll(() => accepted).toBe(before + 1)
    vi.advanceTimersByTime(59_000)
    socket.write('1\r\n{\r\n')
    vi.advanceTimersByTime(2_000)
    socket.write('1\r\n"\r\n')
    await new Promise((resolve) => socket.once('close', resolve).resume())
    expect(accepted).toBe(before + 1)
  } finally {
    vi.useRealTimers()
  }
})
