import type { FieldError } from '@manifold/domain'
import { expect, test } from 'vitest'
import { readTarget } from './target-schema.ts'

const crm = { name: 'crm', url: 'https://crm.example/orders' }

/** What is wrong with a target that has these changes. */
function mistakesIn(changes: object): readonly FieldError[] {
  const reading = readTarget({ ...crm, ...changes }, [])
  return reading.kind === 'target' ? [] : reading.errors
}

const wrongPaths = (changes: object): string[] => mistakesIn(changes).map((error) => error.path)

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
  expect(mistakesIn({ url })).toEqual([
    { path: 'url', message: 'no credentials in a URL: use auth with secret()' },
  ])
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
  ['headers', ['x: 1']],
  ['headers', null],
  ['body', { fixed: true }],
  ['auth', { token: 'abc' }],
  ['auth', 'Bearer abc'],
  ['timeoutMs', 0],
  ['timeoutMs', 600_001],
  ['timeoutMs', '15s'],
  ['maxResponseBytes', -1],
  ['maxResponseBytes', 104_857_601],
  ['concurrency', 0],
  ['concurrency', 1.5],
  ['concurrency', 10_001],
  ['classify', 'ok'],
  ['allowPrivateNetwork', 'yes'],
  ['allowPrivateNetwork', '10.0.0.0/8'],
  ['maxConcurrency', 0],
  ['retry', []],
  ['retry', 'often'],
  ['retry', 5],
  ['tls', true],
])('%s may not be %j', (field, value) => {
  expect(wrongPaths({ [field]: value })).toEqual([field])
})

test.each([
  ['retry', { maxAttempts: 0 }, 'retry.maxAttempts'],
  ['retry', { maxAttempts: 1_001 }, 'retry.maxAttempts'],
  ['retry', { maxAttempts: 2.5 }, 'retry.maxAttempts'],
  ['retry', { baseDelayMs: 0 }, 'retry.baseDelayMs'],
  ['retry', { maxDelayMs: 2_147_483_648 }, 'retry.maxDelayMs'],
  ['retry', { maxAgeMs: 7_776_000_001 }, 'retry.maxAgeMs'],
  ['retry', { attempts: 3 }, 'retry.attempts'],
  ['retry', [1_000, -1], 'retry[1]'],
  ['retry', ['1s'], 'retry[0]'],
  ['retry', [2_147_483_648], 'retry[0]'],
  ['retry', { delaysMs: [] }, 'retry.delaysMs'],
  ['retry', { delaysMs: [1, 1.5] }, 'retry.delaysMs[1]'],
  ['retry', { delaysMs: [1], maxAttempts: 2 }, 'retry.maxAttempts'],
  ['rateLimit', { max: 1 }, 'rateLimit.perMs'],
  ['rateLimit', { max: 1, perMs: 86_400_001 }, 'rateLimit.perMs'],
  ['rateLimit', { max: 0, perMs: 1_000 }, 'rateLimit.max'],
  ['rateLimit', { max: 1, perMs: 1_000, burst: 2 }, 'rateLimit.burst'],
  ['breaker', { failureRate: 0 }, 'breaker.failureRate'],
  ['breaker', { failureRate: 1.01 }, 'breaker.failureRate'],
  ['breaker', { minimumAttempts: 0 }, 'breaker.minimumAttempts'],
  ['breaker', { windowMs: 3_600_001 }, 'breaker.windowMs'],
  ['breaker', { openMs: 86_400_001 }, 'breaker.openMs'],
  ['breaker', { window: 1 }, 'breaker.window'],
  ['tls', { ca: '/etc/ssl/ca.pem' }, 'tls.ca'],
  ['tls', { servername: '' }, 'tls.servername'],
  ['tls', { minVersion: 'TLSv1.1' }, 'tls.minVersion'],
  ['tls', { rejectUnauthorized: false }, 'tls.rejectUnauthorized'],
  ['headers', { 'x-tenant': 5 }, 'headers.x-tenant'],
  ['headers', { 'x tenant': 'acme' }, 'headers.x tenant'],
  ['headers', { 'Transfer-Encoding': 'chunked' }, 'headers.Transfer-Encoding'],
])('%s may not be %j: %s is wrong', (field, value, path) => {
  expect(wrongPaths({ [field]: value })).toEqual([path])
})

test('an operational event that there is none of is a mistake, and so is no pattern that takes one', () => {
  expect(
    wrongPaths({ subscribe: ['manifold.delivery.deda', 'manifold.**', 'manifold.target.*', 'manifold'] }),
  ).toEqual(['subscribe[0]', 'subscribe[3]'])
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

test.each([
  ['ftp://crm.example', 'only http and https, not ftp:'],
  ['/orders', 'must be an absolute http(s) URL or a function (event) => string'],
  [5, 'must be an absolute http(s) URL or a function (event) => string'],
])('the URL %j is refused in words of its own', (url, message) => {
  expect(mistakesIn({ url })).toEqual([{ path: 'url', message }])
})

test('a header that cannot be sent is reported under its own name, and its value is not repeated', () => {
  const mistakes = mistakesIn({ headers: { 'x-token': 'hunter2\r\nx-admin: 1', connection: 'hunter2' } })
  expect(mistakes.map(({ path }) => path)).toEqual(['headers.x-token', 'headers.connection'])
  expect(JSON.stringify(mistakes)).not.toContain('hunter2')
})

test.each(['10.1.2.3', 'fd00::1', '10.1.0.0/33', '10.1/16', 'localhost', '', '10.1.0.0/', '*'])(
  '%j is no CIDR that allowPrivateNetwork may list',
  (cidr) => {
    const mistakes = mistakesIn({ allowPrivateNetwork: ['10.0.0.0/8', cidr] })
    expect(mistakes.map(({ path }) => path)).toEqual([expect.stringMatching(/^allowPrivateNetwork/)])
  },
)

test.each(['url', 'method', 'headers', 'body', 'auth', 'classify'])(
  'a function target has no %s: its handler does all of that',
  (field) => {
    const reading = readTarget({ name: 'crm', handle: () => undefined, [field]: 'any' }, [])
    expect(reading).toEqual({ kind: 'mistakes', errors: [{ path: field, message: 'unknown field' }] })
  },
)

test('a handler is a function', () => {
  expect(readTarget({ name: 'crm', handle: 'mail.send' }, ['targets', 3])).toEqual({
    kind: 'mistakes',
    errors: [
      { path: 'targets[3].handle', message: expect.stringContaining('must be a function') as unknown },
    ],
  })
})
