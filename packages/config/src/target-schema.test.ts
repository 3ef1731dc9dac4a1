import { fieldErrors } from '@manifold/domain'
import { expect, test } from 'vitest'
import { bearer } from './auth/bearer.ts'
import { secret } from './secret.ts'
import { targetSchema, toTarget } from './target-schema.ts'

const crm = { name: 'crm', url: 'https://crm.example/orders' }

const resolved = (definition: unknown) => toTarget(targetSchema.parse(definition))

/** The paths of what is wrong with a target that has these changes. */
function wrongPaths(changes: object): string[] {
  const result = targetSchema.safeParse({ ...crm, ...changes })
  return result.success ? [] : fieldErrors(result.error).map((error) => error.path)
}

test('a name and a URL make a target; everything else has a default', () => {
  expect(resolved(crm)).toEqual({
    ...crm,
    subscribe: [],
    method: 'POST',
    headers: {},
    auth: { kind: 'none', secrets: [], authenticate: expect.any(Function) as unknown },
    timeoutMs: 15_000,
    maxResponseBytes: 65_536,
    retry: { maxAttempts: 8, baseDelayMs: 1_000, maxDelayMs: 900_000, maxAgeMs: 86_400_000 },
    concurrency: 50,
    breaker: { failureRate: 0.5, minimumAttempts: 20, windowMs: 10_000, openMs: 30_000 },
    allowPrivateNetwork: false,
  })
})

test('everything that is given is kept, and what is left out of a group has its default', () => {
  const target = {
    name: 'crm',
    subscribe: ['order.*', '**'],
    filter: () => true,
    url: () => 'https://crm.example',
    method: 'PUT',
    headers: { 'x-tenant': 'acme' },
    body: () => ({}),
    auth: bearer(secret('CRM_TOKEN')),
    timeoutMs: 1,
    maxResponseBytes: 0,
    concurrency: 1,
    rateLimit: { max: 1, perMs: 1 },
    classify: () => undefined,
    allowPrivateNetwork: true,
  }
  expect(resolved({ ...target, retry: { maxAttempts: 1 }, breaker: { openMs: 1 } })).toEqual({
    ...target,
    retry: { maxAttempts: 1, baseDelayMs: 1_000, maxDelayMs: 900_000, maxAgeMs: 86_400_000 },
    breaker: { failureRate: 0.5, minimumAttempts: 20, windowMs: 10_000, openMs: 1 },
  })
})

test('headers may be made by a function of the event', () => {
  const headers = () => ({ 'x-tenant': 'acme' })
  expect(resolved({ ...crm, headers })).toMatchObject({ headers })
})

test.each(['http://127.0.0.1:3000', 'https://crm.example/orders?tenant=acme#top', 'https://[::1]/'])(
  'the URL of a target may be %s',
  (url) => {
    expect(resolved({ ...crm, url }).url).toBe(url)
  },
)

test.each(['', '/orders', 'crm.example', 'ftp://crm.example', 'javascript:0', 'http://', 5, null, undefined])(
  'the URL of a target may not be %j',
  (url) => {
    expect(wrongPaths({ url })).toEqual(['url'])
  },
)

test.each([
  'https://user:hunter2@crm.example',
  'https://hunter2@crm.example',
  'https://:hunter2@crm.example',
])('the credentials in the URL %s are refused and not repeated', (url) => {
  const result = targetSchema.safeParse({ ...crm, url })
  expect(result.success).toBe(false)
  expect(JSON.stringify(result.error?.issues)).not.toContain('hunter2')
})

test.each([
  ['name', ''],
  ['name', '-crm'],
  ['name', 'CRM'],
  ['name', 'a'.repeat(50)],
  ['subscribe', 'order.*'],
  ['filter', 'total > 0'],
  ['method', 'post'],
  ['method', 'TRACE'],
  ['headers', 'x: 1'],
  ['body', { fixed: true }],
  ['auth', { token: 'abc' }],
  ['auth', 'Bearer abc'],
  ['timeoutMs', 0],
  ['timeoutMs', 600_001],
  ['timeoutMs', '15s'],
  ['maxResponseBytes', -1],
  ['concurrency', 0],
  ['concurrency', 1.5],
  ['classify', 'ok'],
  ['allowPrivateNetwork', 'yes'],
])('%s may not be %j', (field, value) => {
  expect(wrongPaths({ [field]: value })).toEqual([field])
})

test.each([
  ['retry', { maxAttempts: 0 }, 'retry.maxAttempts'],
  ['retry', { maxAttempts: 2.5 }, 'retry.maxAttempts'],
  ['retry', { baseDelayMs: 0 }, 'retry.baseDelayMs'],
  ['retry', { maxDelayMs: 2_147_483_648 }, 'retry.maxDelayMs'],
  ['retry', { maxAgeMs: Infinity }, 'retry.maxAgeMs'],
  ['retry', { attempts: 3 }, 'retry.attempts'],
  ['rateLimit', { max: 1 }, 'rateLimit.perMs'],
  ['rateLimit', { max: 0, perMs: 1_000 }, 'rateLimit.max'],
  ['rateLimit', { max: 1, perMs: 1_000, burst: 2 }, 'rateLimit.burst'],
  ['breaker', { failureRate: 0 }, 'breaker.failureRate'],
  ['breaker', { failureRate: 1.01 }, 'breaker.failureRate'],
  ['breaker', { minimumAttempts: 0 }, 'breaker.minimumAttempts'],
  ['breaker', { window: 1 }, 'breaker.window'],
])('%s may not be %j: %s is wrong', (field, value, path) => {
  expect(wrongPaths({ [field]: value })).toEqual([path])
})

test('each pattern that is not one is reported by its place', () => {
  expect(wrongPaths({ subscribe: ['order.*', 'order.', '**', '***'] })).toEqual([
    'subscribe[1]',
    'subscribe[3]',
  ])
})

test('an unknown key is a mistake, not a comment', () => {
  expect(wrongPaths({ retyr: {}, timeout: 5 })).toEqual(['retyr', 'timeout'])
})
