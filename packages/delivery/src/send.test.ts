import { pipeline } from 'node:stream/promises'
import { gzipSync } from 'node:zlib'
import type { OutgoingRequest } from '@manifold/domain'
import { describe, expect, test } from 'vitest'
import { clientWith, deadlineOf, serve } from '../../../test/support/scripted-server.ts'
import { send, type Sent } from './send.ts'

function* endless() {
  for (;;) yield 'x'.repeat(1_000)
}

const requestTo = (url: string): OutgoingRequest => ({ method: 'POST', url, headers: {}, body: '{}' })

const post = (url: string, policy?: Parameters<typeof clientWith>[0]): Promise<Sent> =>
  send(clientWith(policy), requestTo(url), deadlineOf())

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
    const request: OutgoingRequest = { method: 'PUT', url: `${url}/a%20b?c=1#d`, headers, body }
    const seen = { 'x-seen': 'PUT /a%20b?c=1 acme' }
    expect(await send(clientWith(), request, deadlineOf())).toMatchObject({
      kind: 'answered',
      response: { status: 200, headers: seen, text },
    })
  })

  test.each(['POST', 'PUT', 'PATCH', 'DELETE', 'GET'] as const)('may be a %s', async (method) => {
    const url = await serve((request, response) => response.end(request.method))
    const request = { ...requestTo(url), method, body: undefined }
    expect(await send(clientWith(), request, deadlineOf())).toMatchObject({ response: { text: method } })
  })

  test('is one of at most `concurrency` connections, and these are used again', async () => {
    const sockets = new Set<unknown>()
    const url = await serve((request, response) => response.end(String(sockets.add(request.socket).size)))
    const client = clientWith({ concurrency: 2 })
    const sent = await Promise.all(
      Array.from({ length: 10 }, () => send(client, requestTo(url), deadlineOf())),
    )
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

  test.each([301, 302, 303, 307, 308])(
    'that redirects with %i is an answer and is not followed',
    async (status) => {
      const paths: (string | undefined)[] = []
      const url = await serve((request, response) => {
        paths.push(request.url)
        response.writeHead(status, { location: '/elsewhere' }).end()
      })
      expect(await post(`${url}/here`)).toMatchObject({ kind: 'answered', response: { status } })
      expect(paths).toEqual(['/here'])
    },
  )

  test('that is compressed is unpacked', async () => {
    const url = await serve((_request, response) => {
      response.setHeader('content-encoding', 'gzip')
      response.end(gzipSync('{"error":"E17"}'))
    })
    expect(await post(url)).toMatchObject({ response: { json: { error: 'E17' }, truncated: false } })
  })

  test('that unpacks to more than maxResponseBytes keeps its status and is cut off', async () => {
    const url = await serve((_request, response) => {
      response.writeHead(500, { 'content-encoding': 'gzip' }).end(gzipSync(Buffer.alloc(10_000_000)))
    })
    const response = { status: 500, text: '', truncated: true, json: undefined }
    expect(await post(url)).toMatchObject({ kind: 'answered', response })
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

test('a target at an address its config does not allow is blocked, and nothing reaches it', async () => {
  const paths: (string | undefined)[] = []
  const url = await serve((request, response) => response.end(String(paths.push(request.url))))
  expect(await post(url, { allowPrivateNetwork: false })).toEqual({
    kind: 'blocked',
    error: '127.0.0.1 is not a public address; see allowPrivateNetwork',
  })
  expect(paths).toEqual([])
})
