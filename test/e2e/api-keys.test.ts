/** Who may do what: API keys and their scopes. */
import { createApiKey } from '@manifold/config'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { apiAt, type ProblemAnswer } from '../support/api.ts'
import { startSystem, type System } from '../support/system.ts'

const keys = {
  publisher: createApiKey('publisher', ['publish']),
  reader: createApiKey('reader', ['read']),
  admin: createApiKey('admin', ['publish', 'read', 'admin']),
}

let system: System

beforeAll(async () => {
  system = await startSystem({
    withWorker: false,
    environment: {
      MANIFOLD_API_KEYS: Object.values(keys)
        .map(({ entry }) => entry)
        .join(' '),
    },
    config: (sandboxUrl) => ({
      targets: [{ name: 'crm', subscribe: ['**'], url: `${sandboxUrl}/t/crm/ok` }],
    }),
  })
})

afterAll(() => system.close())

const as = (key: string) => apiAt(system.url, { authorization: `Bearer ${key}` })
const event = { type: 'order.placed', data: 1 }

test('without a key, with a malformed header or with a wrong key the answer is 401, with the way to ask', async () => {
  for (const headers of [{}, { authorization: keys.admin.key }, { authorization: 'Bearer mk_wrong' }]) {
    const answer = await apiAt(system.url).post<ProblemAnswer>(event, headers)
    expect(answer).toMatchObject({ status: 401, body: { code: 'unauthenticated' } })
    expect(answer.headers.get('www-authenticate')).toMatch(/^Bearer/)
  }
})

test.each([
  ['publisher', 'POST', '/v1/events', 202],
  ['publisher', 'GET', '/v1/events', 403],
  ['publisher', 'GET', '/v1/admin/dead-letters', 403],
  ['reader', 'POST', '/v1/events', 403],
  ['reader', 'GET', '/v1/events', 200],
  ['reader', 'GET', '/v1/admin/targets', 403],
  ['reader', 'POST', '/v1/admin/targets/crm/pause', 403],
  ['reader', 'POST', '/v1/admin/dead-letters/replay', 403],
  ['reader', 'DELETE', '/v1/admin/dead-letters/evt_x-crm', 403],
  ['reader', 'GET', '/v1/admin/replays/x', 403],
  ['admin', 'GET', '/v1/admin/dead-letters', 200],
  ['admin', 'GET', '/v1/admin/targets', 200],
] as const)('the key of %s: %s %s is answered %i', async (name, method, path, status) => {
  const answer = await as(keys[name].key).call<ProblemAnswer>(
    method,
    path,
    method === 'POST' ? event : undefined,
  )
  expect(answer.status).toBe(status)
  if (status === 403) expect(answer.body.code).toBe('missing-scope')
})

test('probes and scrapers need no key', async () => {
  for (const path of ['/livez', '/readyz', '/metrics'])
    expect((await fetch(system.url + path)).status).toBe(200)
})

test("two callers' idempotency keys do not meet", async () => {
  const headers = { 'idempotency-key': 'same' }
  const one = await as(keys.publisher.key).post(event, headers)
  const other = await as(keys.admin.key).post(event, headers)
  expect(other.body.id).not.toBe(one.body.id)
})

test('no key, and no hash of one, is in the logs', () => {
  const text = JSON.stringify(system.logs())
  for (const { key, entry } of Object.values(keys)) {
    expect(text).not.toContain(key)
    expect(text).not.toContain(entry.split(':')[2])
  }
})
