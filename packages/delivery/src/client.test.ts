import { pipeline } from 'node:stream/promises'
import { expect, test } from 'vitest'
import { clientWith, deadlineOf, serve, SHORT_MS } from '../../../test/support/scripted-server.ts'

const MEGABYTE = 1_048_576

const fetchOf = (policy?: Parameters<typeof clientWith>[0], deadline = deadlineOf()) =>
  clientWith(policy).fetchWithin(deadline)

test('fetch sends method, headers and body, and gives status, headers and body', async () => {
  const url = await serve((request, response) => {
    response.writeHead(201, {
      'x-seen': [request.method, request.url, request.headers['x-tenant']].join(' '),
    })
    request.pipe(response)
  })
  const init = { method: 'PUT', headers: { 'x-tenant': 'acme' }, body: 'für €5' }
  const response = await fetchOf()(`${url}/a?b=1`, init)
  expect(response.status).toBe(201)
  expect(response.headers.get('x-seen')).toBe('PUT /a?b=1 acme')
  expect(await response.text()).toBe('für €5')
})

test('fetch is a GET without a body when nothing else is said', async () => {
  const url = await serve((request, response) => response.end(request.method))
  expect(await (await fetchOf()(url)).text()).toBe('GET')
})

test('fetch sends bytes as they are', async () => {
  const url = await serve((request, response) => request.pipe(response))
  const response = await fetchOf()(url, { method: 'POST', body: new Uint8Array([0, 255, 128]) })
  expect(new Uint8Array(await response.arrayBuffer())).toEqual(new Uint8Array([0, 255, 128]))
})

test.each([204, 205, 304])('fetch gives a %i, which has no body', async (status) => {
  const url = await serve((_request, response) => response.writeHead(status).end())
  const response = await fetchOf()(url)
  expect(response.status).toBe(status)
  expect(await response.text()).toBe('')
})

test.each([301, 302, 303, 307, 308])('fetch gives a %i redirect as the answer it is', async (status) => {
  const paths: (string | undefined)[] = []
  const url = await serve((request, response) => {
    paths.push(request.url)
    response.writeHead(status, { location: '/elsewhere' }).end()
  })
  const response = await fetchOf()(`${url}/here`)
  expect(response.status).toBe(status)
  expect(response.headers.get('location')).toBe('/elsewhere')
  expect(paths).toEqual(['/here'])
})

test('fetch takes an answer of a megabyte, and refuses a byte more, naming the host', async () => {
  const url = await serve((request, response) => {
    response.end(Buffer.alloc(MEGABYTE + (request.url === '/more' ? 1 : 0)))
  })
  const fetchWithin = fetchOf()
  expect((await (await fetchWithin(url)).arrayBuffer()).byteLength).toBe(MEGABYTE)
  await expect(fetchWithin(`${url}/more`)).rejects.toThrow(
    `${new URL(url).host} answered more than 1048576 bytes`,
  )
})

test('fetch ends an answer without an end, and its connection with it', async () => {
  const cut = Promise.withResolvers<unknown>()
  const url = await serve((_request, response) => {
    pipeline(function* () {
      for (;;) yield Buffer.alloc(65_536)
    }, response).catch(cut.resolve)
  })
  await expect(fetchOf()(url)).rejects.toThrow('answered more than')
  await cut.promise
})

test('fetch ends with the deadline of the attempt', async () => {
  const url = await serve(() => undefined)
  await expect(fetchOf({}, deadlineOf(SHORT_MS))(url)).rejects.toThrow(
    `not done within ${String(SHORT_MS)} ms`,
  )
})

test('fetch ends when the worker is stopping', async () => {
  const url = await serve((_request, response) => response.end())
  const deadline = deadlineOf(undefined, AbortSignal.abort())
  await expect(fetchOf({}, deadline)(url)).rejects.toThrow('the worker is stopping')
})

test('fetch does not reach an address the config does not allow', async () => {
  const paths: (string | undefined)[] = []
  const url = await serve((request, response) => response.end(String(paths.push(request.url))))
  await expect(fetchOf({ allowPrivateNetwork: false })(url)).rejects.toThrow()
  expect(paths).toEqual([])
})

test.each(['file:///etc/passwd', 'ftp://127.0.0.1/', 'nowhere'])('fetch of %s is refused', async (url) => {
  await expect(fetchOf()(url)).rejects.toThrow()
})

test('a closed client ends what is under way', async () => {
  const arrived = Promise.withResolvers<unknown>()
  const url = await serve((request) => {
    arrived.resolve(request)
  })
  const client = clientWith()
  const asking = client.fetchWithin(deadlineOf())(url)
  const refused = expect(asking).rejects.toThrow()
  await arrived.promise
  await client.close()
  await refused
})
