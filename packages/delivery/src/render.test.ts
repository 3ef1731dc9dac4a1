import type { ManifoldEvent, OutgoingRequest } from '@manifold/domain'
import { describe, expect, test, vi } from 'vitest'
import { render, type Rendered, type RenderInput } from './render.ts'

const event: ManifoldEvent = {
  id: 'evt_1',
  type: 'order.placed',
  source: 'shop',
  subject: 'orders/17',
  time: '2026-01-31T09:30:00Z',
  data: { orderId: '17', note: 'für €5' },
}

const renderWith = (target: Partial<RenderInput['target']>, changes: Partial<RenderInput> = {}): Rendered =>
  render({
    target: {
      url: 'https://crm.example/orders',
      method: 'POST',
      headers: {},
      body: undefined,
      format: 'cloudevents-structured',
      ...target,
    },
    event,
    deliveryId: 'evt_1-crm',
    trace: { traceId: '4bf92f3577b34da6a3ce929d0e0e4736', flags: '01' },
    spanId: '00f067aa0ba902b7',
    nowMs: 1_769_851_800_999,
    userAgent: 'manifold/0.1.0',
    ...changes,
  })

/** The request, which must be one that can be sent. */
function requestOf(rendered: Rendered): OutgoingRequest {
  if (rendered.kind === 'invalid') throw new Error(`${rendered.reason}: ${rendered.error}`)
  return rendered.request
}

const failing = () => {
  throw new Error('a transform with a bug')
}

describe('headers', () => {
  test('identify the delivery, its time, its trace and its sender', () => {
    expect(requestOf(renderWith({})).headers).toEqual({
      'content-type': 'application/cloudevents+json',
      'user-agent': 'manifold/0.1.0',
      'idempotency-key': 'evt_1-crm',
      'webhook-id': 'evt_1-crm',
      'webhook-timestamp': '1769851800',
      traceparent: '00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01',
    })
  })

  test('of the target are added, in lower case', () => {
    const { headers } = requestOf(renderWith({ headers: { 'X-Tenant': 'Acme' } }))
    expect(headers).toMatchObject({ 'x-tenant': 'Acme', 'idempotency-key': 'evt_1-crm' })
    expect(headers).not.toHaveProperty('X-Tenant')
  })

  test('may be made from the event', () => {
    const { headers } = requestOf(renderWith({ headers: (one) => ({ 'x-type': one.type }) }))
    expect(headers['x-type']).toBe('order.placed')
  })

  test('of the target go before the content type and user agent that would be sent', () => {
    const own = { 'Content-Type': 'application/vnd.acme+json', 'User-Agent': 'acme' }
    expect(requestOf(renderWith({ headers: own })).headers).toMatchObject({
      'content-type': 'application/vnd.acme+json',
      'user-agent': 'acme',
    })
  })

  test.each(['Idempotency-Key', 'webhook-id', 'Webhook-Timestamp', 'TraceParent'])(
    '%s cannot be set by the target',
    (name) => {
      expect(requestOf(renderWith({ headers: { [name]: 'mine' } }))).toEqual(requestOf(renderWith({})))
    },
  )

  test('may not be made by an async function', () => {
    const headers = () => Promise.resolve({ 'x-tenant': 'acme' }) as unknown as Record<string, string>
    expect(renderWith({ headers })).toMatchObject({ kind: 'invalid', reason: 'transform-failed' })
  })
})

describe('the format', () => {
  test('binary puts the attributes over headers of the target, which may add to them', () => {
    const headers = { 'CE-Id': 'mine', 'ce-Tenant': 'acme', 'content-type': 'application/vnd.acme+json' }
    const request = requestOf(renderWith({ format: 'cloudevents-binary', headers }))
    expect(request.headers).toMatchObject({
      'ce-id': 'evt_1',
      'ce-tenant': 'acme',
      'content-type': 'application/vnd.acme+json',
      'webhook-id': 'evt_1-crm',
    })
    expect(request.body).toBe('{"orderId":"17","note":"für €5"}')
  })

  test('binary takes what the target makes of the event as its data', () => {
    const request = requestOf(renderWith({ format: 'cloudevents-binary', body: () => '<order/>' }))
    expect(request.body).toBe('<order/>')
    expect(request.headers).toMatchObject({ 'content-type': 'text/plain; charset=utf-8', 'ce-id': 'evt_1' })
  })

  test.each(['cloudevents-structured', 'json'] as const)(
    '%s leaves what the target makes as it is, and its headers alone',
    (format) => {
      const request = requestOf(renderWith({ format, body: () => ({ a: 1 }), headers: { 'ce-id': 'mine' } }))
      expect(request.body).toBe('{"a":1}')
      expect(request.headers).toMatchObject({ 'content-type': 'application/json', 'ce-id': 'mine' })
      expect(request.headers).not.toHaveProperty('ce-source')
    },
  )
})

describe('the body', () => {
  test('is the event as CloudEvents JSON by default', () => {
    const { body } = requestOf(renderWith({}))
    expect(JSON.parse(String(body))).toEqual({
      specversion: '1.0',
      id: 'evt_1',
      source: 'shop',
      type: 'order.placed',
      subject: 'orders/17',
      time: '2026-01-31T09:30:00Z',
      datacontenttype: 'application/json',
      data: { orderId: '17', note: 'für €5' },
    })
  })

  test('leaves out a subject that the event has not', () => {
    const { body } = requestOf(renderWith({}, { event: { ...event, subject: undefined } }))
    expect(JSON.parse(String(body))).not.toHaveProperty('subject')
  })

  test.each([null, false, 0, ''])('keeps data that are %j', (data) => {
    const { body } = requestOf(renderWith({}, { event: { ...event, data } }))
    expect(JSON.parse(String(body))).toHaveProperty('data', data)
  })

  const bytes = new Uint8Array([0, 255, 128])
  test.each([
    ['an object', { order_id: '17' }, '{"order_id":"17"}', 'application/json'],
    ['a list', [1, 'two'], '[1,"two"]', 'application/json'],
    ['null', null, 'null', 'application/json'],
    ['a text', '<order/>', '<order/>', 'text/plain; charset=utf-8'],
    ['an empty text', '', '', 'text/plain; charset=utf-8'],
    ['bytes', bytes, bytes, 'application/octet-stream'],
    ['a buffer of bytes', bytes.buffer, bytes, 'application/octet-stream'],
    [
      'a form',
      new URLSearchParams({ a: '1 2', b: '&' }),
      'a=1+2&b=%26',
      'application/x-www-form-urlencoded;charset=UTF-8',
    ],
  ])('that is %s is sent with its own content type', (_what, value, body, contentType) => {
    const request = requestOf(renderWith({ body: () => value }))
    expect(request.body).toEqual(body)
    expect(request.headers['content-type']).toBe(contentType)
  })

  test('is made from the event', () => {
    const body = vi.fn(() => 'any')
    renderWith({ body })
    expect(body).toHaveBeenCalledExactlyOnceWith(event)
  })

  test('is left out of a GET', () => {
    expect(requestOf(renderWith({ method: 'GET' })).body).toBeUndefined()
  })

  test.each([
    ['nothing', undefined],
    ['a function', () => 1],
    ['a number beyond JSON', 5n],
    ['a promise', Promise.resolve({})],
    ['a form with parts', new FormData()],
    ['a blob', new Blob(['any'])],
  ])('may not be %s', (_what, value) => {
    expect(renderWith({ body: () => value })).toMatchObject({ kind: 'invalid', reason: 'transform-failed' })
  })
})

describe('the URL', () => {
  test('may be made from the event', () => {
    const url = (one: ManifoldEvent) => `https://crm.example/${one.type}?id=${one.id}`
    expect(requestOf(renderWith({ url })).url).toBe('https://crm.example/order.placed?id=evt_1')
  })

  test.each(['http://127.0.0.1:3000/', 'https://crm.example/a?b=c'])('may be %s', (url) => {
    expect(requestOf(renderWith({ url })).url).toBe(url)
  })

  test.each(['', '/orders', 'crm.example', 'ftp://crm.example', 'file:///etc/passwd', 'javascript:0'])(
    'may not be %j',
    (url) => {
      expect(renderWith({ url: () => url })).toMatchObject({ kind: 'invalid', reason: 'bad-url' })
    },
  )

  test.each(['user:hunter2@', 'hunter2@', ':hunter2@'])(
    'may not hold %s, nor is it repeated',
    (credentials) => {
      const rendered = renderWith({ url: () => `https://${credentials}crm.example` })
      expect(rendered).toMatchObject({ kind: 'invalid', reason: 'bad-url' })
      expect(JSON.stringify(rendered)).not.toContain('hunter2')
    },
  )
})

test.each(['url', 'headers', 'body'])('a %s function that throws makes the request invalid', (part) => {
  expect(renderWith({ [part]: failing })).toEqual({
    kind: 'invalid',
    reason: 'transform-failed',
    error: 'a transform with a bug',
  })
})

test.each(['POST', 'PUT', 'PATCH', 'DELETE', 'GET'] as const)(
  'the method of the target is kept: %s',
  (method) => {
    expect(requestOf(renderWith({ method })).method).toBe(method)
  },
)
