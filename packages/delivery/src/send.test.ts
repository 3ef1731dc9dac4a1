import { once } from 'node:events'
import { createServer, type RequestListener } from 'node:http'
import { createServer as createSocketServer, type AddressInfo, type Server, type Socket } from 'node:net'
import { getEventListeners } from 'node:events'
import type { OutgoingRequest } from '@manifold/domain'
import { afterEach, describe, expect, test } from 'vitest'
import { createSender, type Sender, type Sent } from './send.ts'

/** A deadline that a test waits for, and one that it must never see. */
const SHORT_MS = 150
const LONG_MS = 20_000

const cleanUps: (() => Promise<unknown>)[] = []
afterEach(async () => {
  await Promise.all(cleanUps.splice(0).map((cleanUp) => cleanUp()))
})

async function listen(server: Server): Promise<string> {
  const sockets = new Set<Socket>()
  server.on('connection', (socket: Socket) => sockets.add(socket))
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
  cleanUps.push(async () => {
    for (const socket of sockets) socket.destroy()
    if (server.listening) await new Promise((resolve) => server.close(resolve))
  })
  return `127.0.0.1:${String((server.address() as AddressInfo).port)}`
}

const serve = async (listener: RequestListener) => `http://${await listen(createServer(listener))}`

function senderWith(policy: Partial<Parameters<typeof createSender>[0]> = {}): Sender {
  const sender = createSender({ timeoutMs: LONG_MS, maxResponseBytes: 65_536, concurrency: 5, ...policy })
  cleanUps.push(() => sender.close())
  return sender
}

const never = new AbortController().signal

const requestTo = (url: string): OutgoingRequest => ({ method: 'POST', url, headers: {}, body: '{}' })

const post = (url: string, policy?: Parameters<typeof senderWith>[0], signal = never): Promise<Sent> =>
  senderWith(policy).send(requestTo(url), signal)

describe('a request', () => {
  test.each([
    ['a text', 'für €5', 'für €5'],
    ['bytes', new Uint8Array([104, 105]), 'hi'],
    ['no body', undefined, ''],
  ])('with %s arrives with its method, path, query, headers and body', async (_what, body, text) => {
    const url = await serve((request, response) => {
      void request
        .setEncoding('utf8')
        .toArray()
        .then((parts) => {
          response.setHeader('content-type', 'application/json')
          const { method, url: path, headers } = request
          response.end(JSON.stringify({ method, path, tenant: headers['x-tenant'], text: parts.join('') }))
        })
    })
    const request: OutgoingRequest = {
      method: 'PUT',
      url: `${url}/a%20b?c=1#d`,
      headers: { 'x-tenant': 'acme' },
      body,
    }
    expect(await senderWith().send(request, never)).toMatchObject({
      kind: 'answered',
      response: { status: 200, json: { method: 'PUT', path: '/a%20b?c=1', tenant: 'acme', text } },
    })
  })

  test('is one of at most `concurrency` connections, and these are used again', async () => {
    let connections = 0
    const server = createServer((_request, response) => response.end()).on('connection', () => connections++)
    const url = `http://${await listen(server)}`
    const sender = senderWith({ concurrency: 2 })
    const sent = await Promise.all(Array.from({ length: 10 }, () => sender.send(requestTo(url), never)))
    expect(sent.map((one) => one.kind)).toEqual(Array(10).fill('answered'))
    expect(connections).toBe(2)
  })
})

describe('an answer', () => {
  test('is given with its status, headers in lower case, text and JSON', async () => {
    const url = await serve((_request, response) => {
      response.writeHead(503, { 'Retry-After': '7', 'X-Tag': ['a', 'b'] }).end('{"error":"später"}')
    })
    expect(await post(url)).toMatchObject({
      kind: 'answered',
      response: {
        status: 503,
        headers: { 'retry-after': '7', 'x-tag': 'a, b' },
        text: '{"error":"später"}',
        truncated: false,
        json: { error: 'später' },
      },
    })
  })

  test.each(['', 'OK', '{"half":'])('of %j has no JSON', async (text) => {
    const url = await serve((_request, response) => response.end(text))
    expect(await post(url)).toMatchObject({ kind: 'answered', response: { text, json: undefined } })
  })

  test('that redirects is an answer and is not followed', async () => {
    const paths: string[] = []
    const url = await serve((request, response) => {
      paths.push(String(request.url))
      response.writeHead(307, { location: '/elsewhere' }).end()
    })
    expect(await post(`${url}/here`)).toMatchObject({
      kind: 'answered',
      response: { status: 307, headers: { location: '/elsewhere' } },
    })
    expect(paths).toEqual(['/here'])
  })

  test('without an end is cut off at maxResponseBytes, and its connection with it', async () => {
    const closed = Promise.withResolvers<undefined>()
    const url = await serve((_request, response) => {
      response.on('close', () => {
        closed.resolve(undefined)
      })
      const more = () => {
        while (response.write('x'.repeat(1_000)));
      }
      response.on('drain', more)
      more()
    })
    expect(await post(url, { maxResponseBytes: 1_500 })).toMatchObject({
      kind: 'answered',
      response: { status: 200, text: 'x'.repeat(1_500), truncated: true, json: undefined },
    })
    await closed.promise
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
  const timeout: Sent = {
    kind: 'failed',
    reason: 'timeout',
    error: `no complete answer within ${String(SHORT_MS)} ms`,
  }

  test('ends a request that is never answered', async () => {
    const url = await serve(() => undefined)
    expect(await post(url, { timeoutMs: SHORT_MS })).toEqual(timeout)
  })

  test('ends an answer whose body drips without an end', async () => {
    const url = await serve((_request, response) => {
      const drip = setInterval(() => response.write('.'), 20)
      response.on('close', () => {
        clearInterval(drip)
      })
    })
    expect(await post(url, { timeoutMs: SHORT_MS })).toEqual(timeout)
  })

  test('ends an answer whose headers drip without an end', async () => {
    const host = await listen(
      createSocketServer((socket) => {
        socket.write('HTTP/1.1 200 OK\r\n')
        const drip = setInterval(() => socket.write('x-drip: 1\r\n'), 20)
        socket
          .on('error', () => undefined)
          .on('close', () => {
            clearInterval(drip)
          })
      }),
    )
    expect(await post(`http://${host}`, { timeoutMs: SHORT_MS })).toEqual(timeout)
  })

  test('ends a TLS handshake that is never answered', async () => {
    const host = await listen(createSocketServer())
    expect(await post(`https://${host}`, { timeoutMs: SHORT_MS })).toMatchObject({ reason: 'timeout' })
  })

  test('that ended one request does not end the next', async () => {
    const url = await serve((request, response) => {
      if (request.url !== '/hang') response.end()
    })
    const sender = senderWith({ timeoutMs: SHORT_MS, concurrency: 1 })
    expect((await sender.send(requestTo(`${url}/hang`), never)).kind).toBe('failed')
    expect((await sender.send(requestTo(url), never)).kind).toBe('answered')
  })
})

describe('a connection', () => {
  const failed = (reason: string) => ({
    kind: 'failed',
    reason,
    error: expect.stringMatching(/./) as unknown,
  })

  test('that is refused is connection-refused', async () => {
    const server = createServer()
    const url = `http://${await listen(server)}`
    await new Promise((resolve) => server.close(resolve))
    expect(await post(url)).toEqual(failed('connection-refused'))
  })

  test.each(['resetAndDestroy', 'destroy'] as const)(
    'ended by %s before an answer is connection-reset',
    async (end) => {
      const url = await serve((request) => {
        request.socket[end]()
      })
      expect(await post(url)).toEqual(failed('connection-reset'))
    },
  )

  test('lost in the middle of an answer is connection-reset, and half an answer is none', async () => {
    const url = await serve((request, response) => {
      response.writeHead(200, { 'content-length': 100 }).write('half', () => request.socket.destroy())
    })
    expect(await post(url)).toEqual(failed('connection-reset'))
  })

  test('that answers in another protocol is bad-response', async () => {
    const host = await listen(
      createSocketServer((socket) => {
        socket.end('220 smtp.example ESMTP\r\n')
      }),
    )
    expect(await post(`http://${host}`)).toEqual(failed('bad-response'))
  })

  test('that does not speak TLS is tls', async () => {
    const url = await serve((_request, response) => response.end())
    expect(await post(url.replace('http:', 'https:'))).toEqual(failed('tls'))
  })
})

describe('a signal that aborts', () => {
  test('before the request interrupts it, and nothing is sent', async () => {
    let requests = 0
    const url = await serve((_request, response) => {
      requests++
      response.end()
    })
    expect(await post(url, {}, AbortSignal.abort())).toEqual({ kind: 'interrupted' })
    expect(requests).toBe(0)
  })

  test('while the answer is awaited interrupts it', async () => {
    const stop = new AbortController()
    const url = await serve(() => {
      stop.abort()
    })
    expect(await post(url, {}, stop.signal)).toEqual({ kind: 'interrupted' })
  })

  test('while the body is read interrupts it', async () => {
    const stop = new AbortController()
    const url = await serve((_request, response) => {
      response.write('half', () => {
        stop.abort()
      })
    })
    expect(await post(url, {}, stop.signal)).toEqual({ kind: 'interrupted' })
  })

  test('has no listener left once the request is over, answered or failed', async () => {
    const { signal } = new AbortController()
    const url = await serve((request, response) => {
      if (request.url === '/') response.end()
      else request.socket.destroy()
    })
    await post(url, {}, signal)
    await post(`${url}/fail`, {}, signal)
    expect(getEventListeners(signal, 'abort')).toEqual([])
  })
})
