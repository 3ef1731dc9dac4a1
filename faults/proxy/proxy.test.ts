/** The fault proxy does to real sockets what its faults say, and nothing once they are over. */
import { once } from 'node:events'
import { connect, createServer, type Server, type Socket } from 'node:net'
import { afterEach, beforeEach, expect, test } from 'vitest'
import { startProxy, type Proxy } from './proxy.ts'

let echo: Server
let proxy: Proxy
let received = 0
const sockets: Socket[] = []

beforeEach(async () => {
  received = 0
  echo = createServer((socket) => {
    sockets.push(socket)
    socket.on('error', () => undefined)
    socket.on('data', (chunk) => {
      received += chunk.length
      socket.write(chunk)
    })
  }).listen(0, '127.0.0.1')
  await once(echo, 'listening')
  const address = echo.address()
  proxy = await startProxy(typeof address === 'object' && address !== null ? address.port : 0)
})

afterEach(async () => {
  for (const socket of sockets.splice(0)) socket.destroy()
  await proxy.close()
  echo.close()
})

async function dial(): Promise<Socket> {
  const socket = connect({ port: proxy.port, host: '127.0.0.1', noDelay: true })
  // Those that a test is about it listens to itself.
  socket.on('error', () => undefined)
  sockets.push(socket)
  await once(socket, 'connect')
  return socket
}

/** Sends, and waits for as many bytes to come back. @returns in how many pieces they came, and after how long */
async function ask(socket: Socket, text: string): Promise<{ text: string; pieces: number; tookMs: number }> {
  const startedMs = performance.now()
  const pieces: string[] = []
  const whole = new Promise<void>((resolve, reject) => {
    socket.on('data', (chunk: Buffer) => {
      pieces.push(chunk.toString())
      if (pieces.join('').length >= text.length) resolve()
    })
    socket.once('error', reject)
  })
  socket.write(text)
  await whole
  socket.removeAllListeners('data')
  return { text: pieces.join(''), pieces: pieces.length, tookMs: performance.now() - startedMs }
}

/** How a connection ended: the error's code, or `end`. */
async function ending(socket: Socket): Promise<string> {
  return new Promise((resolve) => {
    socket.once('error', (error: NodeJS.ErrnoException) => {
      resolve(error.code ?? '')
    })
    socket.once('end', () => {
      resolve('end')
    })
    socket.resume()
  })
}

test('without a fault it carries both ways, and ends with its ends', async () => {
  const socket = await dial()
  expect((await ask(socket, 'hello')).text).toBe('hello')
  const big = 'x'.repeat(3_000_000)
  expect((await ask(socket, big)).text.length).toBe(big.length)
  const ended = ending(socket)
  for (const one of sockets) if (one !== socket) one.end()
  expect(await ended).toBe('end')
  socket.end()
  await expect.poll(() => proxy.connections()).toBe(0)
})

test('latency is for both ways', async () => {
  const socket = await dial()
  await proxy.set({ kind: 'latency', ms: 40 })
  expect((await ask(socket, 'hello')).tookMs).toBeGreaterThan(75)
})

test('a narrow link takes its time', async () => {
  const socket = await dial()
  await proxy.set({ kind: 'bandwidth', bytesPerSecond: 20_000 })
  expect((await ask(socket, 'x'.repeat(1_000))).tookMs).toBeGreaterThan(95)
})

test('partial writes come in pieces, in order', async () => {
  const socket = await dial()
  await proxy.set({ kind: 'partial', bytes: 3, everyMs: 5 })
  const { text, pieces } = await ask(socket, 'abcdefghij')
  expect(text).toBe('abcdefghij')
  expect(pieces).toBeGreaterThan(2)
})

test('a reset cuts the connections there are, and new ones after some bytes of an answer', async () => {
  const socket = await dial()
  await ask(socket, 'hello')
  const cut = ending(socket)
  await proxy.set({ kind: 'reset', afterBytes: 5 })
  expect(await cut).toBe('ECONNRESET')
  const next = await dial()
  expect((await ask(next, 'four')).text).toBe('four')
  await expect(ask(next, 'more')).rejects.toMatchObject({ code: 'ECONNRESET' })
})

test('a black hole takes everything and says nothing; what fell into it is cut when it is gone', async () => {
  const socket = await dial()
  await ask(socket, 'hello')
  const before = received
  await proxy.set({ kind: 'black-hole' })
  const fresh = await dial()
  const answers: string[] = []
  for (const one of [socket, fresh]) {
    one.on('data', (chunk) => answers.push(chunk.toString()))
    one.write('anybody?')
  }
  await expect.poll(() => proxy.swallowed()).toBe(2)
  expect(answers).toEqual([])
  expect(received).toBe(before)
  const cut = ending(socket)
  await proxy.set({ kind: 'none' })
  expect(await cut).toBe('ECONNRESET')
  expect((await ask(await dial(), 'again')).text).toBe('again')
})

test('refused, nobody listens; afterwards they do, on the same port', async () => {
  const socket = await dial()
  const cut = ending(socket)
  await proxy.set({ kind: 'refuse' })
  expect(await cut).toBe('ECONNRESET')
  await expect(dial()).rejects.toMatchObject({ code: 'ECONNREFUSED' })
  await proxy.set({ kind: 'none' })
  expect((await ask(await dial(), 'hello')).text).toBe('hello')
})

test('a slow close: the other side has ended, the client is told later, and what it says until then is lost', async () => {
  const socket = await dial()
  await ask(socket, 'hello')
  const before = received
  const startedMs = performance.now()
  await proxy.set({ kind: 'slow-close', ms: 80 })
  const ended = ending(socket)
  socket.write('too late')
  expect(await ended).toBe('end')
  expect(performance.now() - startedMs).toBeGreaterThan(75)
  expect(received).toBe(before)
  expect((await ask(await dial(), 'again')).text).toBe('again')
})

test.each([
  { kind: 'latency', ms: 1 },
  { kind: 'bandwidth', bytesPerSecond: 1_000_000 },
  { kind: 'partial', bytes: 3, everyMs: 1 },
  { kind: 'slow-close', ms: 1 },
  { kind: 'reset', afterBytes: 5 },
  { kind: 'black-hole' },
  { kind: 'refuse' },
] as const)('it counts what a fault did: $kind', async (fault) => {
  const socket = await dial()
  await ask(socket, 'hello')
  expect(proxy.bites(fault.kind)).toBe(0)
  await proxy.set(fault)
  socket.write('anybody?')
  await expect.poll(() => proxy.bites(fault.kind)).toBeGreaterThan(0)
})

test('a fault that meets nothing did nothing', async () => {
  await proxy.set({ kind: 'latency', ms: 1 })
  await dial()
  expect(proxy.bites('latency')).toBe(0)
})
