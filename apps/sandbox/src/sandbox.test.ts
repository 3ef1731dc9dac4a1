import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest'
import { eventually } from '../../../test/support/eventually.ts'
import { startSandbox, type Sandbox } from './sandbox.ts'

let sandbox: Sandbox

beforeAll(async () => {
  sandbox = await startSandbox({ host: '127.0.0.1', port: 0 })
})
beforeEach(async () => {
  await fetch(`${sandbox.url}/received`, { method: 'DELETE' })
})
afterAll(() => sandbox.close())

const call = (path: string, init?: RequestInit) => fetch(sandbox.url + path, init)

async function statusOf(path: string, init?: RequestInit): Promise<number> {
  const response = await call(path, init)
  await response.arrayBuffer()
  return response.status
}

const post = (key: string): RequestInit => ({
  method: 'POST',
  headers: { 'idempotency-key': key },
  body: '{}',
})

/** Sends a request and gives it up once the sandbox has it and has answered another one since. */
async function stillOpenAfterAnother(path: string): Promise<boolean> {
  const giveUp = new AbortController()
  let ended = false
  const request = call(path, { signal: giveUp.signal }).then(
    () => (ended = true),
    () => (ended = true),
  )
  await eventually('the request to arrive', () => sandbox.received().some((one) => one.path === path))
  await statusOf('/delay/60')
  const open = !ended
  giveUp.abort()
  await request
  return open
}

describe('behaviours', () => {
  test.each(['GET', 'POST', 'PUT', 'PATCH', 'DELETE'])('/ok answers %s with 200', async (method) => {
    const response = await call('/ok', { method })
    expect(response.status).toBe(200)
    expect(await response.json()).toEqual({ ok: true })
  })

  test.each([200, 204, 301, 404, 418, 500, 503, 599])('/status/%i answers with that status', async (code) => {
    expect(await statusOf(`/status/${String(code)}`, { redirect: 'manual' })).toBe(code)
  })

  test.each(['/status/199', '/status/600', '/status/teapot', '/status/4.5', '/status'])(
    '%s is no status: 400',
    async (path) => {
      expect(await statusOf(path)).toBe(400)
    },
  )

  test('/delay answers 200 after that many milliseconds, and holds nobody else up', async () => {
    const startedAt = performance.now()
    const order: string[] = []
    const slow = statusOf('/delay/120').then((status) => order.push(`slow ${String(status)}`))
    await statusOf('/ok').then((status) => order.push(`quick ${String(status)}`))
    await slow
    expect(order).toEqual(['quick 200', 'slow 200'])
    // A timer may fire up to a millisecond early by this clock.
    expect(performance.now() - startedAt).toBeGreaterThan(118)
  })

  test('/flaky fails the first tries of each delivery, then answers 200', async () => {
    const path = '/flaky?fail=2&status=500'
    const tries = async (key: string) => [
      await statusOf(path, post(key)),
      await statusOf(path, post(key)),
      await statusOf(path, post(key)),
      await statusOf(path, post(key)),
    ]
    expect(await tries('a-crm')).toEqual([500, 500, 200, 200])
    expect(await tries('b-crm')).toEqual([500, 500, 200, 200])
  })

  test('/flaky fails once with 503 unless told otherwise', async () => {
    expect(await statusOf('/flaky', post('c-crm'))).toBe(503)
    expect(await statusOf('/flaky', post('c-crm'))).toBe(200)
  })

  test('/flaky counts the tries at each target apart', async () => {
    expect(await statusOf('/t/crm/flaky', post('same'))).toBe(503)
    expect(await statusOf('/t/email/flaky', post('same'))).toBe(503)
    expect(await statusOf('/t/crm/flaky', post('same'))).toBe(200)
  })

  test('/hang does not answer, while other requests are answered', async () => {
    expect(await stillOpenAfterAnother('/hang')).toBe(true)
    expect(await stillOpenAfterAnother('/ok')).toBe(false)
  })

  test('/reset cuts the connection without an answer', async () => {
    const failure = await call('/reset').catch((error: unknown) => error)
    expect(failure).toBeInstanceOf(TypeError)
    expect(sandbox.received()).toMatchObject([{ path: '/reset', status: null }])
  })

  test('/drip answers 200 with one byte at a time, without end', async () => {
    const response = await call('/drip')
    expect(response.status).toBe(200)
    const reader = response.body?.getReader()
    for (let count = 0; count < 3; count++) {
      const chunk = await reader?.read()
      expect(chunk).toMatchObject({ done: false, value: Uint8Array.of(46) })
    }
    await reader?.cancel()
  })

  test.each([
    ['/big?bytes=3000000', 3_000_000],
    ['/big', 1_000_000],
  ])('%s answers 200 with a body of %i bytes', async (path, bytes) => {
    const response = await call(path)
    expect(response.status).toBe(200)
    expect((await response.arrayBuffer()).byteLength).toBe(bytes)
  })

  test.each([
    ['/retry-after/2', 503, '2'],
    ['/retry-after/30?status=429', 429, '30'],
  ])('%s answers %i and asks to come back after %s', async (path, status, wait) => {
    const response = await call(path)
    expect([response.status, response.headers.get('retry-after')]).toEqual([status, wait])
  })

  test.each([
    ['/redirect?to=http://elsewhere.example/x', 'http://elsewhere.example/x'],
    ['/redirect', '/ok'],
  ])('%s answers 302 to %s', async (path, location) => {
    const response = await call(path, { redirect: 'manual' })
    expect([response.status, response.headers.get('location')]).toEqual([302, location])
  })

  test('/json answers with that JSON and status', async () => {
    const response = await call(`/json?body=${encodeURIComponent('{"error":"no"}')}&status=202`)
    expect(response.status).toBe(202)
    expect(response.headers.get('content-type')).toContain('application/json')
    expect(await response.json()).toEqual({ error: 'no' })
    expect(await (await call('/json')).json()).toEqual({})
  })

  test('an unknown behaviour answers 404 with the list of those there are', async () => {
    const response = await call('/no-such-thing')
    expect(response.status).toBe(404)
    const { behaviours } = (await response.json()) as { behaviours: string[] }
    expect(behaviours).toEqual(expect.arrayContaining(['/ok', '/status', '/flaky', '/hang', '/json']))
  })

  test('below /t/<target> the same behaviours are found, and without one /ok', async () => {
    expect(await statusOf('/t/crm/status/418')).toBe(418)
    expect(await statusOf('/t/crm/flaky?fail=1&status=500', post('d'))).toBe(500)
    expect(await statusOf('/t/crm')).toBe(200)
  })
})
