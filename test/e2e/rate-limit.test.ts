/** How often a caller may ask: counted over producers, told in headers, refused with the time to go on. */
import { createApiKey, readSettings, resolveConfig } from '@manifold/config'
import { createLogger } from '@manifold/runtime'
import { keys as redisKeys } from '@manifold/store'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { startProducer, type RunningProducer } from '../../apps/producer/src/producer.ts'
import { apiAt, type ProblemAnswer } from '../support/api.ts'
import { eventually } from '../support/eventually.ts'
import { startSystem, type System } from '../support/system.ts'
import { openSocket } from '../support/web-socket.ts'

const SCOPES = ['publish', 'read', 'admin'] as const
const NAMES = [
  'shared',
  'apart',
  'alone',
  'batch',
  'lines',
  'slowed',
  'socket',
  'free',
  'away',
  'changed',
  'nonsense',
] as const
type Name = (typeof NAMES)[number]
const made = new Map(NAMES.map((name) => [name, createApiKey(name, SCOPES)]))

const LIMITS = [
  'shared=5/1d',
  'apart=2/1d',
  'alone=1/1d',
  'batch=3/1d',
  'lines=3/1d',
  'slowed=4/1s',
  'socket=3/1d',
  'away=1000/1d',
  'changed=1/1d',
  'nonsense=3/1d',
]

let system: System
let second: RunningProducer

beforeAll(async () => {
  system = await startSystem({
    withWorker: false,
    environment: {
      MANIFOLD_API_KEYS: [...made.values()].map(({ entry }) => entry).join(' '),
      MANIFOLD_RATE_LIMIT: LIMITS.join(' '),
    },
    config: () => ({ targets: [] }),
  })
  const config = resolveConfig('test', { targets: [] })
  second = await startProducer({ settings: system.settings, config, logger: createLogger('test', 'silent') })
})

afterAll(async () => {
  await second.close()
  await system.close()
})

const bearer = (name: Name) => ({ authorization: `Bearer ${made.get(name)?.key ?? ''}` })
const as = (name: Name, url = system.url) => apiAt(url, bearer(name))
const event = { type: 'order.placed', data: 1 }
const counted = (name: Name) => system.store.redis.get(redisKeys.rateLimit('publish', 86_400, name))

test('every answer says what is left; what is beyond is 429 with the time to go on', async () => {
  for (const left of [1, 0]) {
    const { status, headers } = await as('apart').post(event)
    expect(status).toBe(202)
    expect(headers.get('ratelimit-policy')).toBe('"publish";q=2;w=86400')
    expect(headers.get('ratelimit')).toMatch(new RegExp(`^"publish";r=${String(left)};t=\\d+$`))
  }
  const refused = await as('apart').post<ProblemAnswer>(event)
  expect(refused).toMatchObject({ status: 429, body: { code: 'rate-limited' } })
  expect(Number(refused.headers.get('retry-after'))).toBeGreaterThan(86_000)
  expect(refused.headers.get('ratelimit')).toMatch(/^"publish";r=0;t=\d+$/)
})

test('publishing and reading are counted apart, and who operates is not counted', async () => {
  expect((await as('apart').post(event)).status).toBe(429)
  const { status, headers } = await as('apart').call('GET', '/v1/events')
  expect(status).toBe(200)
  expect(headers.get('ratelimit')).toMatch(/^"read";r=1;/)
  await as('apart').call('GET', '/v1/events')
  expect((await as('apart').call('GET', '/v1/events')).status).toBe(429)
  for (const path of ['/v1/admin/targets', '/livez', '/readyz', '/metrics']) {
    const response = await fetch(system.url + path, { headers: bearer('apart') })
    expect(response.status, path).toBe(200)
    expect(response.headers.get('ratelimit'), path).toBeNull()
  }
})

test('two producers count together', async () => {
  const other = `http://127.0.0.1:${String(second.port)}`
  const statuses: number[] = []
  for (let count = 0; count < 6; count++)
    statuses.push((await as('shared', count % 2 === 0 ? system.url : other).post(event)).status)
  expect(statuses).toEqual([202, 202, 202, 202, 202, 429])
})

test('a limit that is changed begins a window of its own', async () => {
  const settings = readSettings({
    REDIS_URL: system.redis.url,
    PORT: '0',
    MANIFOLD_API_KEYS: made.get('changed')?.entry,
    MANIFOLD_RATE_LIMIT: 'changed=1/1h',
  })
  const config = resolveConfig('test', { targets: [] })
  const third = await startProducer({ settings, config, logger: createLogger('test', 'silent') })
  try {
    const other = `http://127.0.0.1:${String(third.port)}`
    expect((await as('changed').post(event)).status).toBe(202)
    const { status, headers } = await as('changed', other).post(event)
    expect(status).toBe(202)
    // Of an hour, and not the rest of the day.
    expect(Number(/t=(\d+)/.exec(headers.get('ratelimit') ?? '')?.[1])).toBeLessThanOrEqual(3_600)
    for (const url of [system.url, other]) expect((await as('changed', url).post(event)).status).toBe(429)
  } finally {
    await third.close()
  }
})

test('a limit of a caller that no key has stops the start; where there are tokens it is told', async () => {
  const start = (environment: Record<string, string>) => {
    const settings = readSettings({
      REDIS_URL: system.redis.url,
      PORT: '0',
      MANIFOLD_API_KEYS: made.get('shared')?.entry,
      ...environment,
    })
    const lines: string[] = []
    const logger = createLogger('test', 'info', { write: (line: string) => lines.push(line) })
    const config = resolveConfig('test', { targets: [] })
    return startProducer({ settings, config, logger }).then(async (producer) => {
      await producer.close()
      return lines.join('')
    })
  }
  await expect(start({ MANIFOLD_RATE_LIMIT: '9/1s sharde=1/1s jwt:ada=1/1s' })).rejects.toThrow(
    'MANIFOLD_RATE_LIMIT: no key is called sharde, jwt:ada',
  )
  await expect(start({ MANIFOLD_API_KEYS: '', MANIFOLD_RATE_LIMIT: 'shared=1/1s' })).rejects.toThrow(
    'no key is called shared',
  )
  const tokens = {
    MANIFOLD_JWT_JWKS_URL: 'http://127.0.0.1:9/jwks',
    MANIFOLD_JWT_ISSUER: 'https://issuer.example',
    MANIFOLD_JWT_AUDIENCE: 'manifold',
  }
  const told = await start({ ...tokens, MANIFOLD_RATE_LIMIT: 'sharde=1/1s jwt:ada=1/1s shared=1/1s' })
  expect(told).toContain('"names":["sharde"]')
  const kept = await start({ MANIFOLD_RATE_LIMIT: 'shared=1/1s' })
  expect(kept).not.toContain('"names"')
})

test('one caller’s flood is nobody else’s, and does not reach Redis', async () => {
  await as('alone').post(event)
  for (let count = 0; count < 20; count++) expect((await as('alone').post(event)).status).toBe(429)
  expect(await counted('alone')).toBe('1')
  expect((await as('free').post(event)).status).toBe(202)
})

test('a caller without a limit costs Redis nothing and is told of none', async () => {
  const { headers } = await as('free').post(event)
  expect(headers.get('ratelimit')).toBeNull()
  expect(await counted('free')).toBeNull()
})

type Item = { status: number; problem?: ProblemAnswer }

test('each item of a batch counts; those beyond the limit are 429, and a batch without any left is one', async () => {
  const five = [1, 2, 3, 4, 5].map((data) => ({ ...event, data }))
  const { body } = await as('batch').post<{ items: Item[] }>(five, {}, '/v1/events/batch')
  expect(body.items.map(({ status }) => status)).toEqual([202, 202, 202, 429, 429])
  expect(body.items[3]?.problem?.code).toBe('rate-limited')
  const whole = await as('batch').post<ProblemAnswer>(five, {}, '/v1/events/batch')
  expect(whole).toMatchObject({ status: 429, body: { code: 'rate-limited' } })
})

async function postLines(name: Name, count: number): Promise<(number | undefined)[]> {
  const line = `${JSON.stringify(event)}\n`
  const response = await fetch(`${system.url}/v1/events/batch`, {
    method: 'POST',
    headers: { 'content-type': 'application/x-ndjson', ...bearer(name) },
    body: line.repeat(count),
  })
  const lines = (await response.text()).trim().split('\n')
  return lines.slice(0, -1).map((one) => (JSON.parse(one) as Item).status)
}

test('lines beyond a limit that is long to wait for are 429', async () => {
  expect(await postLines('lines', 5)).toEqual([202, 202, 202, 429, 429])
})

test('lines beyond a limit that is soon over are slowed down, not refused', async () => {
  const begunAt = performance.now()
  expect(await postLines('slowed', 7)).toEqual(Array.from({ length: 7 }, () => 202))
  expect(performance.now() - begunAt).toBeGreaterThan(500)
})

test('what is published over a WebSocket counts like a POST', async () => {
  const client = await openSocket(system.url, [], { headers: bearer('socket') })
  const statuses: unknown[] = []
  for (let count = 0; count < 4; count++) {
    const answer = await client.ask({ do: 'publish', event })
    statuses.push(answer.message)
    if (count === 3) expect(answer).toMatchObject({ problem: { code: 'rate-limited' } })
  }
  expect(statuses).toEqual(['published', 'published', 'published', 'refused'])
  expect((await as('socket').post(event)).status).toBe(429)
  // The handshake counts as a read.
  expect((await as('socket').call('GET', '/v1/events')).headers.get('ratelimit')).toMatch(/^"read";r=1;/)
  client.socket.terminate()
})

test('what cannot be read counts, too: who sends nonsense over a WebSocket is limited as any other', async () => {
  const client = await openSocket(system.url, [], { headers: bearer('nonsense') })
  for (const nonsense of ['{', '{"do":"nothing"}', Buffer.from('binary'), 'null'])
    client.socket.send(nonsense)
  const told = await eventually('the answers', () => {
    const all = client.told()
    return all.length === 4 && all
  })
  expect(told.map((one) => (one['problem'] as ProblemAnswer).code).sort()).toEqual([
    'invalid-request',
    'malformed-json',
    'malformed-json',
    'rate-limited',
  ])
  expect(await client.ask({ do: 'publish', event })).toMatchObject({ problem: { code: 'rate-limited' } })
  client.socket.terminate()
})

test('without Redis the answer is 503, as it is without a limit', async () => {
  await system.redis.kill()
  for (const name of ['away', 'free'] as const) {
    const answer = await as(name).post<ProblemAnswer>(event)
    expect(answer).toMatchObject({ status: 503, body: { code: 'store-unavailable' } })
  }
  await system.redis.start()
})
