/** A producer without keys, and the pages that the browsers of its machine show: none but its own may ask it anything. */
import { once } from 'node:events'
import { request, type IncomingMessage } from 'node:http'
import { createApiKey } from '@manifold/config'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { startSystem, type System } from '../support/system.ts'
import { openSocket, refusedSocket } from '../support/web-socket.ts'

let system: System
let port: string

beforeAll(async () => {
  system = await startSystem({
    withWorker: false,
    environment: { MANIFOLD_ALLOWED_ORIGINS: 'https://app.example,http://proxy.example:8080' },
    config: (sandboxUrl) => ({
      targets: [{ name: 'crm', subscribe: ['**'], url: `${sandboxUrl}/t/crm/ok` }],
    }),
  })
  port = new URL(system.url).port
})

afterAll(() => system.close())

type Headers = Readonly<Record<string, string>>

/** As a browser sends it: `fetch` would not let `Host` and `Sec-Fetch-Site` be set. */
async function ask(method: string, path: string, headers: Headers, url = system.url) {
  const asked = request(url + path, { method, headers, agent: false })
  const [response] = (await once(asked.end(), 'response')) as [IncomingMessage]
  let text = ''
  for await (const piece of response) text += String(piece)
  const isProblem = response.headers['content-type']?.startsWith('application/problem+json') === true
  return {
    status: response.statusCode,
    code: isProblem ? (JSON.parse(text) as { code: string }).code : undefined,
  }
}

const own = (): Headers => ({ host: `localhost:${port}`, origin: `http://localhost:${port}` })
const PAUSE = '/v1/admin/targets/crm/pause'

async function isPaused(): Promise<boolean> {
  return (await system.api.call<{ paused: boolean }>('GET', '/v1/admin/targets/crm')).body.paused
}

test.each([
  ['fetches without leave', { origin: 'https://evil.example', 'sec-fetch-site': 'cross-site' }],
  ['is of another port', { origin: 'http://localhost:8080', 'sec-fetch-site': 'same-site' }],
  ['is nobody’s', { origin: 'null', 'sec-fetch-site': 'cross-site' }],
  ['sends a form in an old browser', { origin: 'https://evil.example' }],
  [
    'names no origin',
    { 'sec-fetch-site': 'cross-site', 'sec-fetch-mode': 'navigate', 'sec-fetch-dest': 'document' },
  ],
])('a page that %s pauses nothing', async (_what, headers) => {
  expect(await ask('POST', PAUSE, headers)).toEqual({ status: 403, code: 'origin-not-allowed' })
  expect(await isPaused()).toBe(false)
})

test.each(['/v1/events', '/v1/stream', '/v1/admin/dead-letters', '/metrics', '/livez', '/docs'])(
  'what another page loads of %s is refused',
  async (path) => {
    for (const site of ['cross-site', 'same-site']) {
      const headers = { 'sec-fetch-site': site, 'sec-fetch-mode': 'no-cors', 'sec-fetch-dest': 'script' }
      expect(await ask('GET', path, headers)).toEqual({ status: 403, code: 'origin-not-allowed' })
    }
  },
)

test.each([
  'evil.example',
  'evil.example:PORT',
  '127.0.0.1.evil.example',
  'localhost.evil.example',
  '10.0.0.1',
])(
  'under the name %j, wherever it leads, nothing is answered: a page of that name would read it',
  async (name) => {
    const host = name.replace('PORT', port)
    for (const headers of [{ host }, { host, origin: `http://${host}`, 'sec-fetch-site': 'same-origin' }]) {
      for (const path of ['/v1/admin/dead-letters', '/metrics'])
        expect(await ask('GET', path, headers)).toEqual({ status: 403, code: 'host-not-allowed' })
      expect(await ask('POST', PAUSE, headers)).toEqual({ status: 403, code: 'host-not-allowed' })
    }
    expect(await isPaused()).toBe(false)
  },
)

test.each([
  'localhost',
  'LOCALHOST:1',
  '127.0.0.1',
  '127.9.9.9:80',
  '[::1]:3000',
  'app.example',
  'proxy.example:8080',
])('a program that asks it as %s is answered', async (host) => {
  expect(await ask('GET', '/v1/events', { host })).toEqual({ status: 200, code: undefined })
})

test('its own page, an allowed one, and a link that somebody follows are answered', async () => {
  const site = { 'sec-fetch-site': 'same-origin', 'sec-fetch-mode': 'cors' }
  expect((await ask('GET', '/docs', { ...own(), ...site })).status).toBe(200)
  expect((await ask('POST', PAUSE, { ...own(), ...site })).status).toBe(200)
  const allowed = { origin: 'https://app.example', 'sec-fetch-site': 'cross-site' }
  expect((await ask('POST', '/v1/admin/targets/crm/resume', allowed)).status).toBe(200)
  const link = { 'sec-fetch-site': 'cross-site', 'sec-fetch-mode': 'navigate', 'sec-fetch-dest': 'document' }
  expect((await ask('GET', '/docs', link)).status).toBe(200)
  const typed = { 'sec-fetch-site': 'none', 'sec-fetch-mode': 'navigate', 'sec-fetch-dest': 'document' }
  expect((await ask('GET', '/docs', typed)).status).toBe(200)
})

test('a WebSocket is judged alike', async () => {
  const refused = await refusedSocket(system.url, [], {
    headers: { host: `evil.example:${port}` },
    origin: `http://evil.example:${port}`,
  })
  expect(refused).toMatchObject({ status: 403, body: { code: 'host-not-allowed' } })
  const { socket } = await openSocket(system.url, [], { origin: system.url })
  socket.terminate()
})

test('where there are keys, the key is what counts: no page has one', async () => {
  const { key, entry } = createApiKey('ops', ['admin'])
  const keyed = await startSystem({
    withWorker: false,
    environment: { MANIFOLD_API_KEYS: entry },
    config: () => ({ targets: [] }),
  })
  try {
    const headers = { host: 'manifold.example', origin: 'https://evil.example' }
    const path = '/v1/admin/targets'
    expect((await ask('GET', path, headers, keyed.url)).code).toBe('unauthenticated')
    const withKey = { ...headers, authorization: `Bearer ${key}` }
    expect((await ask('GET', path, withKey, keyed.url)).status).toBe(200)
  } finally {
    await keyed.close()
  }
})
