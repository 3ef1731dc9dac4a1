import type { HttpTarget, Target } from '@manifold/domain'
import { expect, test } from 'vitest'
import { bearer } from './auth/bearer.ts'
import { secret } from './secret.ts'
import { readTarget } from './target-schema.ts'

const crm = { name: 'crm', url: 'https://crm.example/orders' }

const resolved = (definition: unknown): Target => {
  const reading = readTarget(definition, [])
  if (reading.kind === 'mistakes') throw new Error(JSON.stringify(reading.errors))
  return reading.target
}

test('a name and a URL make a target; everything else has a default', () => {
  expect(resolved(crm)).toEqual({
    kind: 'http',
    ...crm,
    subscribe: [],
    method: 'POST',
    headers: {},
    auth: { kind: 'none', secrets: [], authenticate: expect.any(Function) as unknown },
    required: true,
    format: 'cloudevents-structured',
    captureResponse: false,
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
    required: false,
    format: 'json',
    captureResponse: true,
    timeoutMs: 1,
    maxResponseBytes: 0,
    concurrency: 1,
    maxConcurrency: 1,
    rateLimit: { max: 1, perMs: 1 },
    tls: { servername: 'crm.internal', minVersion: 'TLSv1.3' },
    classify: () => undefined,
    allowPrivateNetwork: true,
  }
  expect(resolved({ ...target, retry: { maxAttempts: 1 }, breaker: { openMs: 1 } })).toEqual({
    kind: 'http',
    ...target,
    retry: { maxAttempts: 1, baseDelayMs: 1_000, maxDelayMs: 900_000, maxAgeMs: 86_400_000 },
    breaker: { failureRate: 0.5, minimumAttempts: 20, windowMs: 10_000, openMs: 1 },
  })
})

test('headers may be made by a function of the event', () => {
  const headers = () => ({ 'x-tenant': 'acme' })
  expect(resolved({ ...crm, headers })).toMatchObject({ headers })
})

test.each(['POST', 'PUT', 'PATCH', 'DELETE', 'GET'])('the method may be %s', (method) => {
  expect(resolved({ ...crm, method })).toMatchObject({ method })
})

test('every limit itself is allowed', () => {
  const upper = {
    timeoutMs: 600_000,
    maxResponseBytes: 104_857_600,
    concurrency: 10_000,
    retry: {
      maxAttempts: 1_000,
      baseDelayMs: 2_147_483_647,
      maxDelayMs: 2_147_483_647,
      maxAgeMs: 7_776_000_000,
    },
    rateLimit: { max: 1_000_000, perMs: 86_400_000 },
    breaker: { failureRate: 1, minimumAttempts: 1_000, windowMs: 3_600_000, openMs: 86_400_000 },
  }
  const lower = {
    retry: { maxAttempts: 1, baseDelayMs: 1, maxDelayMs: 1, maxAgeMs: 1 },
    breaker: { failureRate: 0.01, minimumAttempts: 1, windowMs: 1, openMs: 1 },
  }
  expect(resolved({ ...crm, ...upper })).toMatchObject(upper)
  expect(resolved({ ...crm, ...lower })).toMatchObject(lower)
})

test.each(['http://127.0.0.1:3000', 'https://crm.example/orders?tenant=acme#top', 'https://[::1]/'])(
  'the URL of a target may be %s',
  (url) => {
    expect(resolved({ ...crm, url })).toMatchObject({ url })
  },
)

test.each([
  ['a list', [1_000, 0, 60_000], undefined],
  ['a list with an age', { delaysMs: [1_000, 0, 60_000], maxAgeMs: 120_000 }, 120_000],
])(
  'the waits themselves may be given as %s: one more attempt than there are waits',
  (_what, retry, maxAgeMs) => {
    expect(resolved({ ...crm, retry }).retry).toEqual({
      maxAttempts: 4,
      baseDelayMs: 1_000,
      maxDelayMs: 900_000,
      maxAgeMs: maxAgeMs ?? 86_400_000,
      delaysMs: [1_000, 0, 60_000],
    })
  },
)

test.each([[true], [false], [[]], [['10.1.0.0/16']], [['10.1.2.3/32', 'fd00::/8', '::1/128']]])(
  'allowPrivateNetwork may be %j',
  (allowPrivateNetwork) => {
    expect(resolved({ ...crm, allowPrivateNetwork })).toMatchObject({ allowPrivateNetwork })
  },
)

test('a definition with a handler is a function target, with the same defaults', () => {
  const handle = () => undefined
  const { kind, url, method, headers, body, auth, classify, format, captureResponse, ...common } = resolved(
    crm,
  ) as HttpTarget
  expect([kind, url, method, headers, body, auth.kind, classify, format, captureResponse]).toEqual([
    'http',
    crm.url,
    'POST',
    {},
    undefined,
    'none',
    undefined,
    'cloudevents-structured',
    false,
  ])
  expect(resolved({ name: 'crm', handle })).toEqual({ ...common, kind: 'function', handle })
})
