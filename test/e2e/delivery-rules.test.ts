/** What an answer comes to, and what a target is sent. */
import { defineTarget } from '@manifold/config'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import type { EventAnswer } from '../support/api.ts'
import { eventually } from '../support/eventually.ts'
import { startSystem, type System } from '../support/system.ts'

let system: System

beforeAll(async () => {
  system = await startSystem({
    config: (sandboxUrl) => {
      const retry = { maxAttempts: 2, baseDelayMs: 5, maxDelayMs: 10 }
      // Most of these fail on purpose: the breaker is another test's business.
      const base = { retry, breaker: { minimumAttempts: 1_000_000 } }
      return {
        targets: [
          defineTarget<{ path: string }>({
            ...base,
            name: 'scripted',
            url: (event) => `${sandboxUrl}/t/scripted${event.data.path}`,
          }),
          defineTarget<{ path: string }>({
            ...base,
            name: 'impatient',
            timeoutMs: 250,
            url: (event) => `${sandboxUrl}/t/impatient${event.data.path}`,
          }),
          { ...base, name: 'leaving', url: `${sandboxUrl}/t/leaving/status/410` },
          { ...base, name: 'nowhere', url: 'http://127.0.0.1:9/' },
          { ...base, name: 'small', url: `${sandboxUrl}/t/small/big`, maxResponseBytes: 100 },
          {
            ...base,
            name: 'throwing',
            url: `${sandboxUrl}/t/throwing/ok`,
            body: () => {
              throw new Error('no such field')
            },
          },
          {
            ...base,
            name: 'judged',
            url: `${sandboxUrl}/t/judged/json?body={"error":"no"}`,
            classify: (response) =>
              (response.json as { error?: string } | undefined)?.error === undefined
                ? undefined
                : { kind: 'permanent', reason: 'app-error' },
          },
          { ...base, name: 'aged', url: `${sandboxUrl}/t/aged/ok`, retry: { ...retry, maxAgeMs: 1 } },
          defineTarget<{ orderId: string }>({
            ...base,
            name: 'shaped',
            method: 'PUT',
            url: (event) => `${sandboxUrl}/t/shaped/ok?order=${event.data.orderId}`,
            headers: { 'X-Tenant': 'acme', 'content-type': 'application/vnd.acme+json' },
            body: (event) => ({ order_id: event.data.orderId }),
          }),
        ],
      }
    },
  })
})

afterAll(() => system.close())

async function send(target: string, data: object): Promise<EventAnswer['deliveries'][number]> {
  const { body } = await system.api.post({ type: 'order.placed', data, targets: [target] })
  const event = await eventually('the delivery to end', async () => {
    const answer = await system.api.event(body.id)
    return answer.settledAt === null ? undefined : answer
  })
  const [delivery] = event.deliveries
  if (delivery === undefined) throw new Error('no delivery')
  return delivery
}

describe('by status', () => {
  test.each([
    [200, 'delivered', null, 1],
    [201, 'delivered', null, 1],
    [204, 'delivered', null, 1],
    [302, 'dead', 'rejected', 1],
    [400, 'dead', 'rejected', 1],
    [401, 'dead', 'rejected', 1],
    [404, 'dead', 'rejected', 1],
    [422, 'dead', 'rejected', 1],
    [408, 'dead', 'exhausted', 2],
    [425, 'dead', 'exhausted', 2],
    [429, 'dead', 'exhausted', 2],
    [500, 'dead', 'exhausted', 2],
    [503, 'dead', 'exhausted', 2],
  ])('%i: %s %s after %i attempts', async (code, status, reason, attempts) => {
    const delivery = await send('scripted', { path: `/status/${String(code)}` })
    expect(delivery).toMatchObject({
      status,
      reason,
      attempts,
      lastAttempt: { httpStatus: code, reason: `http-${String(code)}` },
    })
  })
})

test('410: the delivery is dead as gone, and its target is paused until somebody resumes it', async () => {
  expect(await send('leaving', {})).toMatchObject({ status: 'dead', reason: 'gone', attempts: 1 })
  const target = () => system.api.call<{ paused: boolean; gone: boolean }>('GET', '/v1/admin/targets/leaving')
  await eventually('the pause', async () => (await target()).body.paused)
  expect((await target()).body.gone).toBe(true)
  expect(system.logs().some((line) => line['level'] === 'fatal' && line['target'] === 'leaving')).toBe(true)
  const resumed = await system.api.call('POST', '/v1/admin/targets/leaving/resume')
  expect(resumed.body).toMatchObject({ paused: false, gone: false })
})

describe('without an answer', () => {
  test.each([
    ['/hang', 'timeout'],
    ['/drip', 'timeout'],
    ['/reset', 'connection-reset'],
  ])('%s is retried, as %s', async (path, reason) => {
    expect(await send('impatient', { path })).toMatchObject({
      status: 'dead',
      reason: 'exhausted',
      attempts: 2,
      lastAttempt: { httpStatus: null, outcome: 'retryable', reason },
    })
  })

  test('a refused connection is retried', async () => {
    expect(await send('nowhere', {})).toMatchObject({
      attempts: 2,
      lastAttempt: { reason: 'connection-refused' },
    })
  })
})

test('a redirect is not followed', async () => {
  const before = system.sandbox.received().length
  expect(await send('scripted', { path: '/redirect' })).toMatchObject({
    status: 'dead',
    reason: 'rejected',
    attempts: 1,
  })
  expect(system.sandbox.received()).toHaveLength(before + 1)
})

test('Retry-After is waited for, though the back-off is shorter', async () => {
  const delivery = await send('scripted', { path: '/retry-after/1?status=500' })
  expect(delivery.attempts).toBe(2)
  const [first, second] = (await system.api.attempts(delivery.id.slice(0, 30))).map((one) =>
    Date.parse(one.at),
  )
  expect(Number(second) - Number(first)).toBeGreaterThanOrEqual(1_000)
})

test('a delivery that waits says exactly when its next attempt is', async () => {
  const { body } = await system.api.post({
    type: 'a.b',
    data: { path: '/retry-after/1?status=500' },
    targets: ['scripted'],
  })
  const waiting = await eventually('it to wait', async () => {
    const [delivery] = (await system.api.event(body.id)).deliveries
    return delivery?.status === 'retrying' ? delivery : undefined
  })
  const attempts = await eventually('the second attempt', async () => {
    const list = await system.api.attempts(body.id)
    return list.length === 2 ? list : undefined
  })
  const lateMs = Date.parse(String(attempts[1]?.at)) - Date.parse(String(waiting.nextAttemptAt))
  expect(lateMs).toBeGreaterThanOrEqual(0)
  expect(lateMs).toBeLessThan(500)
})

test('an answer longer than maxResponseBytes is cut off, and judged by its status', async () => {
  expect(await send('small', {})).toMatchObject({ status: 'delivered', attempts: 1 })
})

test('a transform that throws is a dead letter with its message, and the worker lives on', async () => {
  expect(await send('throwing', {})).toMatchObject({
    status: 'dead',
    reason: 'invalid',
    attempts: 1,
    lastAttempt: { reason: 'transform-failed', error: 'no such field' },
  })
  expect(system.sandbox.received('throwing')).toHaveLength(0)
  expect(await send('small', {})).toMatchObject({ status: 'delivered' })
})

test("a target's own judgement is asked before the default table", async () => {
  expect(await send('judged', {})).toMatchObject({
    reason: 'rejected',
    lastAttempt: { httpStatus: 200, reason: 'app-error' },
  })
})

test('a delivery past its maximum age is dead as expired, without an attempt', async () => {
  await system.api.call('POST', '/v1/admin/targets/aged/pause')
  const { body } = await system.api.post({ type: 'a.b', data: {}, targets: ['aged'] })
  await eventually('time to pass', () => Date.now() > Date.parse(body.acceptedAt) + 5)
  await system.api.call('POST', '/v1/admin/targets/aged/resume')
  const event = await eventually('it to end', async () => {
    const answer = await system.api.event(body.id)
    return answer.settledAt === null ? undefined : answer
  })
  expect(event.deliveries).toMatchObject([
    { status: 'dead', reason: 'expired', attempts: 0, lastAttempt: null },
  ])
})

test("a target gets its own method, URL, headers and body, and the delivery's identity over both", async () => {
  const delivery = await send('shaped', { orderId: 'A 1' })
  const [request] = system.sandbox.received('shaped')
  expect(request).toMatchObject({
    method: 'PUT',
    path: '/t/shaped/ok?order=A%201',
    body: { order_id: 'A 1' },
    headers: {
      'x-tenant': 'acme',
      'content-type': 'application/vnd.acme+json',
      'idempotency-key': delivery.id,
      'webhook-id': delivery.id,
    },
  })
  expect(request?.headers['webhook-timestamp']).toMatch(/^\d{10}$/)
  expect(request?.headers['user-agent']).toMatch(/^manifold\/\d+\.\d+\.\d+$/)
})

test("the caller's trace goes on to the target, in a span of its own", async () => {
  const traceId = '4bf92f3577b34da6a3ce929d0e0e4736'
  const { body } = await system.api.post(
    { type: 'a.b', data: { path: '/ok' }, targets: ['scripted'] },
    { traceparent: `00-${traceId}-00f067aa0ba902b7-01` },
  )
  const request = await eventually('the request', () =>
    system.sandbox.received('scripted').find((one) => one.headers['webhook-id'] === `${body.id}-scripted`),
  )
  expect(request.headers['traceparent']).toMatch(new RegExp(`^00-${traceId}-[0-9a-f]{16}-01$`))
  expect(request.headers['traceparent']).not.toContain('00f067aa0ba902b7')
})

test('without a body function the target gets the event as CloudEvents JSON', async () => {
  const { body } = await system.api.post({
    type: 'order.placed',
    data: { path: '/ok' },
    source: '/shop',
    subject: 'A1',
    time: '2026-01-31T09:30:00Z',
    targets: ['scripted'],
  })
  const request = await eventually('the request', () =>
    system.sandbox.received('scripted').find((one) => one.headers['webhook-id'] === `${body.id}-scripted`),
  )
  expect(request.headers['content-type']).toBe('application/cloudevents+json')
  expect(request.body).toEqual({
    specversion: '1.0',
    id: body.id,
    source: '/shop',
    type: 'order.placed',
    subject: 'A1',
    time: '2026-01-31T09:30:00Z',
    datacontenttype: 'application/json',
    data: { path: '/ok' },
  })
})
