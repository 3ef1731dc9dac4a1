import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest'
import { eventually } from '../../../test/support/eventually.ts'
import type { ReceivedRequest } from './received.ts'
import { startSandbox, type Sandbox } from './sandbox.ts'

let sandbox: Sandbox
let told: ReceivedRequest[] = []

beforeAll(async () => {
  sandbox = await startSandbox({ host: '127.0.0.1', port: 0, onReceived: (request) => told.push(request) })
})
beforeEach(async () => {
  await call('/received', { method: 'DELETE' })
  told = []
})
afterAll(() => sandbox.close())

const call = (path: string, init?: RequestInit) => fetch(sandbox.url + path, init)

async function statusOf(path: string, init?: RequestInit): Promise<number> {
  const response = await call(path, init)
  await response.arrayBuffer()
  return response.status
}

async function listed(query = ''): Promise<ReceivedRequest[]> {
  const answer = (await (await call(`/received${query}`)).json()) as { items: ReceivedRequest[] }
  return answer.items
}

const behave = (target: string, body: unknown) =>
  statusOf(`/targets/${target}/behaviour`, { method: 'PUT', body: JSON.stringify(body) })

describe('the log', () => {
  test('shows each request as it came, and what it was answered with', async () => {
    const headers = { 'content-type': 'application/json', 'idempotency-key': 'evt_1-crm', 'x-tenant': 'acme' }
    await statusOf('/t/crm/status/503?a=1', { method: 'PUT', headers, body: '{"total":1}' })
    const [request] = await listed()
    expect(request).toMatchObject({
      target: 'crm',
      method: 'PUT',
      path: '/t/crm/status/503?a=1',
      headers,
      body: { total: 1 },
      status: 503,
    })
    expect(Date.parse(request?.at ?? '')).toBeGreaterThan(Date.now() - 60_000)
  })

  test('keeps the order in which requests came', async () => {
    for (const path of ['/ok?n=1', '/no-such-thing', '/ok?n=3']) await statusOf(path)
    expect((await listed()).map(({ path }) => path)).toEqual(['/ok?n=1', '/no-such-thing', '/ok?n=3'])
    expect(sandbox.received()).toHaveLength(3)
  })

  test('is filtered by target, named in the path or in the query', async () => {
    await statusOf('/t/crm/ok')
    await statusOf('/ok?target=crm')
    await statusOf('/t/email/ok')
    await statusOf('/ok')
    expect((await listed('?target=crm')).map(({ path }) => path)).toEqual(['/t/crm/ok', '/ok?target=crm'])
    expect((await listed()).map(({ target }) => target)).toEqual(['crm', 'crm', 'email', null])
    expect(sandbox.received('email')).toHaveLength(1)
    expect(await listed('?target=nobody')).toEqual([])
  })

  test('shows a body that is no JSON as text, and no body as none', async () => {
    await statusOf('/ok', { method: 'POST', headers: { 'content-type': 'text/xml' }, body: '<order/>' })
    await statusOf('/ok')
    expect(sandbox.received()[0]?.body).toBe('<order/>')
    expect(sandbox.received()[1]?.body).toBeUndefined()
  })

  test('is told of to who asked to be told', async () => {
    await statusOf('/t/crm/ok')
    expect(told).toMatchObject([{ target: 'crm', path: '/t/crm/ok' }])
  })

  test('does not show the calls that read or steer the sandbox', async () => {
    await behave('crm', { path: '/ok' })
    await statusOf('/livez')
    expect(await listed()).toEqual([])
  })

  test('is emptied by DELETE, and the tries of /flaky count from anew', async () => {
    const request = { method: 'POST', headers: { 'idempotency-key': 'evt_1-crm' } }
    expect([await statusOf('/flaky', request), await statusOf('/flaky', request)]).toEqual([503, 200])
    expect(await statusOf('/received', { method: 'DELETE' })).toBe(204)
    expect(await listed()).toEqual([])
    expect(await statusOf('/flaky', request)).toBe(503)
  })
})

describe('an override', () => {
  test('makes a target behave so, whatever the path, and no other target', async () => {
    expect(await behave('crm', { path: '/status/503' })).toBe(200)
    expect([
      await statusOf('/t/crm/ok'),
      await statusOf('/t/crm/status/200'),
      await statusOf('/t/crm'),
    ]).toEqual([503, 503, 503])
    expect([await statusOf('/t/email/ok'), await statusOf('/ok')]).toEqual([200, 200])
    sandbox.behave('crm', undefined)
  })

  test('is replaced by the next one, and taken back by DELETE', async () => {
    await behave('crm', { path: '/status/500' })
    await behave('crm', { path: '/flaky?fail=1&status=429' })
    expect(await statusOf('/t/crm/ok', { headers: { 'idempotency-key': 'evt_1-crm' } })).toBe(429)
    expect(await statusOf('/targets/crm/behaviour', { method: 'DELETE' })).toBe(204)
    expect(await statusOf('/t/crm/ok')).toBe(200)
  })

  test('can be set and taken back from within the process', async () => {
    sandbox.behave('crm', '/status/418')
    expect(await statusOf('/t/crm/ok')).toBe(418)
    sandbox.behave('crm', undefined)
    expect(await statusOf('/t/crm/ok')).toBe(200)
  })

  test.each([
    ['an unknown behaviour', { path: '/no-such-thing' }],
    ['a path without a slash', { path: 'ok' }],
    ['a field too many', { path: '/ok', status: 500 }],
    ['no path', {}],
    ['no JSON object', 'text'],
  ])('with %s is refused with 422, and changes nothing', async (_name, body) => {
    expect(await behave('crm', body)).toBe(422)
    expect(await statusOf('/t/crm/ok')).toBe(200)
  })
})

describe('the server', () => {
  test('says that it lives', async () => {
    expect(await statusOf('/livez')).toBe(200)
  })

  test('refuses a port that is taken', async () => {
    const { port } = sandbox
    await expect(startSandbox({ host: '127.0.0.1', port })).rejects.toThrow(String(port))
  })

  test('closes although requests hang', async () => {
    const own = await startSandbox({ host: '127.0.0.1', port: 0 })
    const hanging = fetch(`${own.url}/hang`).catch((error: unknown) => error)
    await eventually('the request to arrive', () => own.received().length === 1)
    await own.close()
    expect(await hanging).toBeInstanceOf(TypeError)
    await expect(fetch(`${own.url}/ok`)).rejects.toThrow()
  })
})
