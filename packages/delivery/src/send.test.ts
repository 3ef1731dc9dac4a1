import { getEventListeners, once } from 'node:events'
import { createServer, type RequestListener, type Server } from 'node:http'
import type { AddressInfo } from 'node:net'
import { pipeline } from 'node:stream/promises'
import { setInterval } from 'node:timers/promises'
import type { OutgoingRequest } from '@manifold/domain'
import { describe, expect, onTestFinished, test } from 'vitest'
import { createSender, type Sender, type Sent } from './send.ts'

/** A deadline that a test waits for, and one that it must never see. */
const SHORT_MS = 250
const LONG_MS = 20_000

type Policy = Partial<Parameters<typeof createSender>[0]>

async function listen(server: Server): Promise<string> {
  await once(server.listen(0, '127.0.0.1'), 'listening')
  onTestFinished(() => {
    server.closeAllConnections()
    server.close()
  })
  return `http://127.0.0.1:${String((server.address() as AddressInfo).port)}`
}

const serve = (listener: RequestListener) => listen(createServer(listener))

function senderWith(policy: Policy = {}): Sender {
  const sender = createSender({ timeoutMs: LONG_MS, maxResponseBytes: 65_536, concurrency: 5, ...policy })
  onTestFinished(() => sender.close())
  return sender
}

const never = new AbortController().signal

function* endless() {
  for (;;) yield 'x'.repeat(1_000)
}

const requestTo = (url: string): OutgoingRequest => ({ method: 'POST', url, headers: {}, body: '{}' })

const post = (url: string, policy?: Policy, signal = never): Promise<Sent> =>
  senderWith(policy).send(requestTo(url), signal)

describe('a request', () => {
  test.each([
    ['a text', 'für €5', 'für €5'],
    ['bytes', new Uint8Array([104, 105]), 'hi'],
    ['no body', undefined, ''],
  ])('with %s arrives with its method, path, query, headers and body', async (_what, body, text) => {
    const url = await serve((request, response) => {
      response.setHeader('x-seen', [request.method, request.url, request.headers['x-tenant']].join(' '))
      request.pipe(response)
    })
    const headers = { 'x-tenant': 'acme' }
    const sent = await senderWith().send({ method: 'PUT', url: `${url}/a%20b?c=1#d`, headers, body }, never)
    const seen = { 'x-seen': 'PUT /a%20b?c=1 acme' }
    expect(sent).toMatchObject({ kind: 'answered', response: { status: 200, headers: seen, text } })
  })

  test('is one of at most `concurrency` connections, and these are used again', async () => {
    const sockets = new Set<unknown>()
    const url = await serve((request, response) => response.end(String(sockets.add(request.socket).size)))
    const sender = senderWith({ concurrency: 2 })
    const sent = await Promise.all(Array.from({ length: 10 }, () => sender.send(requestTo(url), never)))
    expect(sent.map((one) => one.kind)).toEqual(Array(10).fill('answered'))
    expect(sockets.size).toBe(2)
  })
})

describe('an answer', () => {
  test('is given with its status, headers in lower case, text and JSON', async () => {
    const text = '{"error":"später"}'
    const url = await serve((_request, response) => {
      response.writeHead(503, { 'Retry-After': '7', 'X-Tag': ['a', 'b'] }).end(text)
    })
    const headers = expect.objectContaining({ 'retry-after': '7', 'x-tag': 'a, b' }) as unknown
    expect(await post(url)).toEqual({
      kind: 'answered',
      response: { status: 503, headers, text, truncated: false, json: { error: 'später' } },
    })
  })

  test.each(['', 'OK', '{"half":'])('of %j has no JSON', async (text) => {
    const url = await serve((_request, response) => response.end(text))
    expect(await post(url)).toMatchObject({ kind: 'answered', response: { text, json: undefined } })
  })

  test('that redirects is an answer and is not followed', async () => {
    const paths: (string | undefined)[] = []
    const url = await serve((request, response) => {
      paths.push(request.url)
      response.writeHead(307, { location: '/elsewhere' }).end()
    })
    expect(await post(`${url}/here`)).toMatchObject({ response: { status: 307 } })
    expect(paths).toEqual(['/here'])
  })

  test('without an end is cut off at maxResponseBytes, and its connection with it', async () => {
    const cut = Promise.withResolvers<unknown>()
    const url = await serve((_request, response) => {
      pipeline(endless, response).catch(cut.resolve)
    })
    const response = { status: 200, text: 'x'.repeat(1_500), truncated: true, json: undefined }
    expect(await post(url, { maxResponseBytes: 1_500 })).toMatchObject({ kind: 'answered', response })
    await cut.promise
  })

  test.each([
    [4, '1234', false, 1234],
    [3, '123', true, undefined],
    [0, '', true, undefined],
  ])('of four bytes is read up to a limit of %i', async (maxResponseBytes, text, truncated, json) => {
    const url = await serve((_request, response) => response.end('1234'))
    expect(await post(url, { maxResponseBytes })).toMatchObject({ response: { text, truncated, json } })
  })
})

describe('the deadline', () => {
  const error = `no complete answer within ${String(SHORT_MS)} ms`

  test('ends a request that is never answered, and not the next one', async () => {
    const url = await serve((request, response) => request.url === '/' && response.end())
    const sender = senderWith({ timeoutMs: SHORT_MS, concurrency: 1 })
    const sent = await sender.send(requestTo(`${url}/hang`), never)
    expect(sent).toEqual({ kind: 'failed', reason: 'timeout', error })
    expect(await sender.send(requestTo(url), never)).toMatchObject({ kind: 'answered' })
  })

  test('ends an answer whose body drips without an end', async () => {
    const url = await serve((_request, response) => {
      pipeline(setInterval(20, '.'), response).catch(() => undefined)
    })
    expect(await post(url, { timeoutMs: SHORT_MS })).toEqual({ kind: 'failed', reason: 'timeout', error })
  })
})

describe('a connection', () => {
  const failed = (reason: string) => ({ kind: 'failed', reason, error: expect.any(String) as unknown })

  test('that is refused is connection-refused', async () => {
    const server = createServer()
    const url = await listen(server)
    await once(server.close(), 'close')
    expect(await post(url)).toEqual(failed('connection-refused'))
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
})

describe('a signal that aborts', () => {
  test('before the request interrupts it, and nothing is sent', async () => {
    const paths: (string | undefined)[] = []
    const url = await serve((request, response) => response.end(String(paths.push(request.url))))
    expect(await post(url, {}, AbortSignal.abort())).toEqual({ kind: 'interrupted' })
    expect(paths).toEqual([])
  })

  test.each([
    ['the answer is awaited', '/silent'],
    ['the body is read', '/half'],
  ])('while %s interrupts it', async (_when, path) => {
    const stop = new AbortController()
    const begun = Promise.withResolvers<unknown>()
    const url = await serve((request, response) => {
      if (request.url === '/half') response.write('half')
      if (request.url === '/other') response.end()
      begun.resolve(request)
    })
    const sending = post(`${url}${path}`, {}, stop.signal)
    await begun.promise
    // Once a later request has its answer, the beginning of the earlier one has been read.
    await post(`${url}/other`)
    stop.abort()
    expect(await sending).toEqual({ kind: 'interrupted' })
  })

  test('has no listener left once the request is over, answered or failed', async () => {
    const { signal } = new AbortController()
    const url = await serve((request, response) => (request.url === '/' ? response.end() : request.destroy()))
    const kinds = [(await post(url, {}, signal)).kind, (await post(`${url}/fail`, {}, signal)).kind]
    expect(kinds).toEqual(['answered', 'failed'])
    expect(getEventListeners(signal, 'abort')).toEqual([])
  })
})
