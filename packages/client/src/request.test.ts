/** Requests: what is tried again, for how long, and what is said when it was in vain. */
import { inspect } from 'node:util'
import { freePort } from '@manifold/redis-server'
import { expect, test } from 'vitest'
import {
  patientClock,
  problem,
  scriptedManifold,
  type ScriptedAnswer,
} from '../../../test/support/scripted-manifold.ts'
import { createClient } from './client.ts'
import { ManifoldError } from './errors.ts'

const event = { id: 'evt_1', status: 'pending', deliveries: [] }
const away = { status: 503, body: problem('store-unavailable', 503) }

async function stage(...script: ScriptedAnswer[]) {
  const manifold = await scriptedManifold(...script)
  const clock = patientClock()
  const client = createClient({ url: manifold.url, apiKey: 'mf_secret', clock, random: () => 1 })
  return { ...manifold, clock, client }
}

async function errorFrom(work: Promise<unknown>): Promise<ManifoldError> {
  const error: unknown = await work.then(
    () => undefined,
    (reason: unknown) => reason,
  )
  if (error instanceof ManifoldError) return error
  throw new Error(`no ManifoldError but ${inspect(error)}`)
}

test('a lost connection, 429, 502, 503 and 504 are tried again, each after twice the time', async () => {
  const { client, asked, clock } = await stage(
    'hang-up',
    { status: 429 },
    { status: 502, body: '<html>' },
    { status: 504 },
    { status: 200, body: event },
  )
  expect(await client.event('evt_1')).toEqual(event)
  expect(asked).toHaveLength(5)
  expect(clock.pausesMs).toEqual([200, 400, 800, 1_600])
})

test('Retry-After is kept to, in seconds or as a date, with chance on top', async () => {
  const { client, clock } = await stage(
    { ...away, headers: { 'retry-after': '3' } },
    { ...away, headers: { 'retry-after': 'Sat, 31 Jan 2026 09:30:10 GMT' } },
    { status: 200, body: event },
  )
  await client.event('evt_1')
  expect(clock.pausesMs).toEqual([3_200, 10_000 - 3_200 + 400])
})

test('a server that asks for a long rest is not waited for', async () => {
  const { client, asked } = await stage({ ...away, headers: { 'retry-after': '3600' } })
  const error = await errorFrom(client.event('evt_1'))
  expect(error).toMatchObject({ code: 'store-unavailable', retryAfterMs: 3_600_000 })
  expect(asked).toHaveLength(1)
})

test('after the last attempt the error is the last refusal', async () => {
  const { client, asked } = await stage(away)
  expect(await errorFrom(client.event('evt_1'))).toMatchObject({ code: 'store-unavailable', status: 503 })
  expect(asked).toHaveLength(5)
})

test('a refusal that will not pass is not repeated, and says what the server said', async () => {
  const errors = [{ path: 'data.total', message: 'expected number' }]
  const { client, asked } = await stage({
    status: 422,
    body: problem('invalid-event', 422, { errors, detail: 'Look.', requestId: 'req_1' }),
  })
  const error = await errorFrom(client.publish({ type: 'x', data: 1 }))
  expect(error).toMatchObject({
    code: 'invalid-event',
    status: 422,
    title: 'Title of invalid-event',
    detail: 'Look.',
    fix: 'Fix it.',
    requestId: 'req_1',
    errors,
  })
  expect(error.message).toBe('Title of invalid-event: Look.: data.total: expected number (invalid-event)')
  expect(asked).toHaveLength(1)
})

test.each([
  { name: 'a page of somebody else', answer: { status: 200, body: '<html>hello</html>' } },
  { name: 'JSON of somebody else', answer: { status: 200, body: { hello: 1 } } },
  { name: 'a redirect', answer: { status: 301, headers: { location: 'http://127.0.0.1:1/' } } },
  { name: 'an error page', answer: { status: 404, body: 'no' } },
])('$name is an unexpected answer', async ({ answer }) => {
  const { client, asked } = await stage(answer)
  expect(await errorFrom(client.event('evt_1'))).toMatchObject({
    code: 'unexpected-answer',
    status: answer.status,
  })
  expect(asked).toHaveLength(1)
})

test('an attempt that has no answer in time is over, and tried again', async () => {
  const { url, asked } = await scriptedManifold(() => undefined, { status: 200, body: event })
  const client = createClient({ url, timeoutMs: 50, clock: patientClock() })
  await client.event('evt_1')
  expect(asked).toHaveLength(2)
})

test('an answer whose body never ends is over in time as well', async () => {
  const { url } = await scriptedManifold((response) => response.writeHead(200).write('{'))
  const client = createClient({ url, timeoutMs: 50, retry: { maxAttempts: 1 } })
  expect(await errorFrom(client.event('evt_1'))).toMatchObject({ code: 'timeout' })
})

test('nobody there is a network error that says why', async () => {
  const url = `http://127.0.0.1:${String(await freePort())}`
  const error = await errorFrom(createClient({ url, clock: patientClock() }).event('evt_1'))
  expect(error.code).toBe('network-error')
  expect(error.detail).toMatch(/ECONNREFUSED/)
})

test('an abort ends the request, and a pause, with the reason it was given', async () => {
  const { url } = await scriptedManifold(() => undefined)
  const reason = new Error('enough')
  const controller = new AbortController()
  const work = createClient({ url }).event('evt_1', { signal: controller.signal })
  controller.abort(reason)
  await expect(work).rejects.toBe(reason)

  const busy = await scriptedManifold({ ...away, headers: { 'retry-after': '50' } })
  const later = new AbortController()
  const waiting = createClient({ url: busy.url }).event('evt_1', { signal: later.signal })
  await expect.poll(() => busy.asked.length).toBe(1)
  later.abort(reason)
  await expect(waiting).rejects.toBe(reason)
})

test("the caller's signal is let go of when a request is over", async () => {
  const { client } = await stage({ status: 200, body: event })
  const { signal } = new AbortController()
  let listeners = 0
  const [add, remove] = [signal.addEventListener.bind(signal), signal.removeEventListener.bind(signal)]
  Object.assign(signal, {
    addEventListener: (...given: Parameters<typeof add>) => {
      listeners += 1
      add(...given)
    },
    removeEventListener: (...given: Parameters<typeof remove>) => {
      listeners -= 1
      remove(...given)
    },
  })
  await client.event('evt_1', { signal })
  expect(listeners).toBe(0)
})

test('the key goes with each request and shows in no error, nor in the client', async () => {
  const { client, asked } = await stage({ status: 401, body: problem('unauthenticated', 401) })
  const error = await errorFrom(client.event('evt_1'))
  expect(asked[0]?.headers.authorization).toBe('Bearer mf_secret')
  expect(inspect(error, { depth: 9 }) + JSON.stringify(error) + inspect(client, { depth: 9 })).not.toContain(
    'mf_secret',
  )
})

test.each(['', 'mf_secret\n', 'mf secret'])(
  'a key that no header can carry is refused unseen: %j',
  (apiKey) => {
    expect(() => createClient({ url: 'http://127.0.0.1:1', apiKey })).toThrow(/^apiKey: (?!.*mf)/)
  },
)

test('credentials in the URL are refused unseen', () => {
  expect(() => createClient({ url: 'http://user:pass@127.0.0.1:1' })).toThrow(/^url: (?!.*pass)/)
})

test('a path before /v1 is kept, and an id is only ever a segment', async () => {
  const { url, asked } = await scriptedManifold({ status: 200, body: event })
  const client = createClient({ url: `${url}/manifold` })
  await client.event('a/../b?c')
  expect(asked[0]?.path).toBe('/manifold/v1/events/a%2F..%2Fb%3Fc')
  for (const id of ['', '.', '..']) await expect(client.event(id)).rejects.toThrow(TypeError)
  expect(asked).toHaveLength(1)
})
