import { getEventListeners, once } from 'node:events'
import { createServer as createTcpServer } from 'node:net'
import { createServer } from 'node:http'
import { pipeline } from 'node:stream/promises'
import { setInterval } from 'node:timers/promises'
import type { OutgoingRequest } from '@manifold/domain'
import { describe, expect, test } from 'vitest'
import { clientWith, deadlineOf, listen, serve, SHORT_MS } from '../../../test/support/scripted-server.ts'
import { send, type Sent } from './send.ts'

const requestTo = (url: string): OutgoingRequest => ({ method: 'POST', url, headers: {}, body: '{}' })

const post = (url: string, deadline = deadlineOf()): Promise<Sent> =>
  send(clientWith(), requestTo(url), deadline)

const failed = (reason: string) => ({ kind: 'failed', reason, error: expect.any(String) as unknown })

describe('the deadline', () => {
  const timedOut = { kind: 'failed', reason: 'timeout', error: `not done within ${String(SHORT_MS)} ms` }

  test('ends a request that is never answered, and not the next one', async () => {
    const url = await serve((request, response) => request.url === '/' && response.end())
    const client = clientWith({ concurrency: 1 })
    expect(await send(client, requestTo(`${url}/hang`), deadlineOf(SHORT_MS))).toEqual(timedOut)
    expect(await send(client, requestTo(url), deadlineOf())).toMatchObject({ kind: 'answered' })
  })

  test('ends an answer whose body drips without an end', async () => {
    const url = await serve((_request, response) => {
      pipeline(setInterval(20, '.'), response).catch(() => undefined)
    })
    expect(await post(url, deadlineOf(SHORT_MS))).toEqual(timedOut)
  })

  test('ends a request whose connection is not made: the TLS handshake is never answered', async () => {
    const port = await listen(createTcpServer())
    expect(await post(`https://127.0.0.1:${String(port)}/`, deadlineOf(SHORT_MS))).toEqual(timedOut)
  })

  test('ends a request that waits for a connection another one holds', async () => {
    const arrived = Promise.withResolvers<unknown>()
    const url = await serve((request) => {
      arrived.resolve(request)
    })
    const client = clientWith({ concurrency: 1 })
    const stop = new AbortController()
    const holding = send(client, requestTo(`${url}/hang`), deadlineOf(undefined, stop.signal))
    await arrived.promise
    expect(await send(client, requestTo(`${url}/queued`), deadlineOf(SHORT_MS))).toEqual(timedOut)
    stop.abort()
    expect((await holding).kind).toBe('failed')
  })
})

describe('a connection', () => {
  test('that is refused is connection-refused', async () => {
    const server = createServer()
    const port = await listen(server)
    await once(server.close(), 'close')
    expect(await post(`http://127.0.0.1:${String(port)}`)).toEqual(failed('connection-refused'))
  })

  test.each(['resetAndDestroy', 'destroy'] as const)('ended by %s is connection-reset', async (end) => {
    const url = await serve((request) => request.socket[end]())
    expect(await post(url)).toEqual(failed('connection-reset'))
  })

  test('lost in the middle of an answer is connection-reset, and half an answer is none', async () => {
    const url = await serve((request, response) => {
      response.writeHead(200, { 'content-length': 100 }).write('half', () => request.socket.destroy())
    })
    expect(await post(url)).toEqual(failed('connection-reset'))
  })

  test('that does not speak TLS is tls', async () => {
    const url = await serve((_request, response) => response.end())
    expect(await post(url.replace('http:', 'https:'))).toEqual(failed('tls'))
  })

  test('to a name that does not exist is dns', async () => {
    expect(await post('http://no-such-name.invalid/')).toEqual(failed('dns'))
  })
})

test.each([
  ['is not HTTP', 'SSH-2.0-OpenSSH_9.9\r\n'],
  ['has a status that is no number', 'HTTP/1.1 OK 200\r\n\r\n'],
  ['has a header without a colon', 'HTTP/1.1 200 OK\r\nbroken header\r\n\r\n'],
  ['has a chunk of no size', 'HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\nzz\r\n'],
])('an answer that %s is bad-response', async (_what, bytes) => {
  const port = await listen(
    createTcpServer((socket) => {
      socket.on('error', () => undefined)
      socket.once('data', () => socket.write(bytes))
    }),
  )
  expect(await post(`http://127.0.0.1:${String(port)}`)).toEqual(failed('bad-response'))
})

describe('a worker that stops', () => {
  test('before the request sends nothing, and the deadline says why', async () => {
    const paths: (string | undefined)[] = []
    const url = await serve((request, response) => response.end(String(paths.push(request.url))))
    const deadline = deadlineOf(undefined, AbortSignal.abort())
    expect((await post(url, deadline)).kind).toBe('failed')
    expect(deadline.over()).toBe('stopping')
    expect(paths).toEqual([])
  })

  test.each([
    ['the answer is awaited', '/silent'],
    ['the body is read', '/half'],
  ])('while %s ends the request, and the deadline says why', async (_when, path) => {
    const stop = new AbortController()
    const begun = Promise.withResolvers<unknown>()
    const url = await serve((request, response) => {
      if (request.url === '/half') response.write('half')
      if (request.url === '/other') response.end()
      begun.resolve(request)
    })
    const deadline = deadlineOf(undefined, stop.signal)
    const sending = post(`${url}${path}`, deadline)
    await begun.promise
    // Once a later request has its answer, the beginning of the earlier one has been read.
    await post(`${url}/other`)
    stop.abort()
    expect((await sending).kind).toBe('failed')
    expect(deadline.over()).toBe('stopping')
  })
})

test('a request that is over leaves no listener on its deadline, answered or failed', async () => {
  const url = await serve((request, response) => (request.url === '/' ? response.end() : request.destroy()))
  const deadline = deadlineOf()
  const before = getEventListeners(deadline.signal(), 'abort')
  const kinds = [(await post(url, deadline)).kind, (await post(`${url}/fail`, deadline)).kind]
  expect(kinds).toEqual(['answered', 'failed'])
  expect(getEventListeners(deadline.signal(), 'abort')).toEqual(before)
})
