import type { ManifoldEvent } from '@manifold/domain'
import { expect, test } from 'vitest'
import { bearer } from './auth/bearer.ts'
import type { Callbacks } from './callbacks-schema.ts'
import type { CallbacksDefinition } from './define-callbacks.ts'
import { ConfigError, everyTarget, resolveConfig } from './load-config.ts'
import { secret } from './secret.ts'

const signingSecret = secret('MANIFOLD_CALLBACK_SECRET')

function mistakesIn(callbacks: unknown, rest: object = {}): Record<string, string> {
  try {
    resolveConfig('manifold.config.ts', { targets: [], callbacks, ...rest })
  } catch (error) {
    if (!(error instanceof ConfigError)) throw error
    return Object.fromEntries(error.errors.map(({ path, message }) => [path, message]))
  }
  return {}
}

function callbacksWith(settings: Partial<CallbacksDefinition> = {}): Callbacks {
  const { callbacks } = resolveConfig('test', { targets: [], callbacks: { signingSecret, ...settings } })
  if (callbacks === undefined) throw new Error('callbacks were configured')
  return callbacks
}

const settled = { id: 'evt_1', status: 'delivered', settledAt: '2026-01-31T09:30:00.000Z', deliveries: [] }

const eventTo = (url: string): ManifoldEvent => ({
  id: 'evt_1.settled.1@hooks.example.com',
  type: 'event.settled',
  source: 'manifold',
  subject: 'evt_1',
  time: settled.settledAt,
  data: { url, event: settled },
})

function urlFor(callbacks: Callbacks, url: string): string {
  const { target } = callbacks
  if (typeof target.url !== 'function') throw new Error("a callback's address comes with its event")
  return target.url(eventTo(url))
}

test('without the setting nobody is called back', () => {
  const config = resolveConfig('test', { targets: [] })
  expect(config.callbacks).toBeUndefined()
  expect(everyTarget(config)).toEqual([])
})

test('the setting makes one more target, which no event is routed to', () => {
  const crm = { name: 'crm', url: 'https://crm.example' }
  const config = resolveConfig('test', { targets: [crm], callbacks: { signingSecret } })
  expect(config.targets.map(({ name }) => name)).toEqual(['crm'])
  expect(everyTarget(config).map(({ name }) => name)).toEqual(['crm', 'callbacks'])
  expect(config.callbacks?.target).toMatchObject({
    kind: 'http',
    subscribe: [],
    method: 'POST',
    allowPrivateNetwork: [],
    timeoutMs: 15_000,
    auth: { kind: 'standard-webhooks', secrets: [signingSecret] },
  })
})

test('what it shares with a target is set in the same way', () => {
  const old = secret('MANIFOLD_CALLBACK_SECRET_OLD')
  const { target } = callbacksWith({
    signingSecret: [signingSecret, old],
    allowPrivateNetwork: ['10.0.0.0/8'],
    timeoutMs: 1_000,
    retry: [10, 20],
    breaker: { openMs: 5 },
    concurrency: 3,
    maxResponseBytes: 9,
  })
  expect(target).toMatchObject({
    allowPrivateNetwork: ['10.0.0.0/8'],
    timeoutMs: 1_000,
    retry: { maxAttempts: 3, delaysMs: [10, 20] },
    breaker: { openMs: 5, failureRate: 0.5 },
    concurrency: 3,
    maxResponseBytes: 9,
  })
  expect(target.auth.secrets).toEqual([signingSecret, old])
})

test('every mistake is reported at once, with those of the targets, each with its path', () => {
  const callbacks = {
    signingSecret: 'whsec_abc',
    allow: ['hooks.example.com', 'https://hooks.example.com'],
    allowHttp: 'yes',
    allowPrivateNetwork: ['10.0.0.0', '0.0.0.0/0'],
    timeoutMs: 0,
    retry: { maxAttempts: 0 },
    breaker: { failureRate: 2 },
    concurrency: 0,
    maxResponseBytes: -1,
    url: 'https://hooks.example.com',
  }
  const mistakes = mistakesIn(callbacks, { targets: [{ name: 'CRM', url: 'https://crm.example' }], x: 1 })
  expect(Object.keys(mistakes).sort()).toEqual([
    'callbacks.allowHttp',
    'callbacks.allowPrivateNetwork[0]',
    'callbacks.allowPrivateNetwork[1]',
    'callbacks.allow[1]',
    'callbacks.breaker.failureRate',
    'callbacks.concurrency',
    'callbacks.maxResponseBytes',
    'callbacks.retry.maxAttempts',
    'callbacks.signingSecret',
    'callbacks.timeoutMs',
    'callbacks.url',
    'targets[0].name',
    'x',
  ])
  expect(JSON.stringify(mistakes)).not.toContain('whsec_abc')
})

test('the guard of the network is never off as a whole', () => {
  for (const allowPrivateNetwork of [true, false, '10.0.0.0/8']) {
    expect(mistakesIn({ signingSecret, allowPrivateNetwork })).toEqual({
      'callbacks.allowPrivateNetwork': 'must be a list of CIDRs: it is never allowed as a whole',
    })
  }
  expect(mistakesIn({ signingSecret, allowPrivateNetwork: ['::/0'] })).toEqual({
    'callbacks.allowPrivateNetwork[0]': 'must not be every address',
  })
})

test.each([
  {},
  { signingSecret: [] },
  { signingSecret: [signingSecret, 'text'] },
  { signingSecret: bearer(signingSecret) },
  { signingSecret: 5 },
])('what signs must be a secret or a list of them: not so in %j', (callbacks) => {
  expect(mistakesIn(callbacks)).toEqual({
    'callbacks.signingSecret': 'must be secret("NAME"), or a list of them',
  })
})

test.each([null, true, 'callbacks'])('a setting that is %s is a mistake', (callbacks) => {
  expect(Object.keys(mistakesIn(callbacks))).toEqual(['callbacks'])
})

test('an empty list of hosts is a mistake: it would allow nobody', () => {
  expect(Object.keys(mistakesIn({ signingSecret, allow: [] }))).toEqual(['callbacks.allow'])
})

test('no target of a config may have the name of the one that calls back', () => {
  const targets = [{ name: 'callbacks', url: 'https://crm.example' }]
  expect(mistakesIn(undefined, { targets })).toEqual({
    'targets[0].name': '"callbacks" is the target that calls back: see the callbacks setting',
  })
})

test('an address is judged by the setting', () => {
  const { judgeUrl } = callbacksWith({ allow: ['*.Example.com'] })
  expect(judgeUrl('https://hooks.example.com/done')).toBeUndefined()
  expect(judgeUrl('https://hooks.example.org/done')).toContain('not among those')
  expect(judgeUrl('http://hooks.example.com/done')).toContain('must be https')
})

test('it is judged again when it is called: the setting may have become stricter since', () => {
  const callbacks = callbacksWith({ allow: ['*.example.com'] })
  expect(urlFor(callbacks, 'https://hooks.example.com/done')).toBe('https://hooks.example.com/done')
  expect(() => urlFor(callbacks, 'https://hooks.example.org/')).toThrow('not among those')
})

test('what is wrong with an address tells nothing of its path and query', () => {
  const callbacks = callbacksWith({ allow: ['*.example.com'] })
  const call = () => urlFor(callbacks, 'https://hooks.example.org/done-5ecret?token=5ecret')
  expect(call).toThrow('hooks.example.org')
  expect(call).not.toThrow('5ecret')
})

test('what is sent has the form of Standard Webhooks', () => {
  const { target } = callbacksWith()
  expect(target.body?.(eventTo('https://hooks.example.com'))).toEqual({
    type: 'event.settled',
    timestamp: settled.settledAt,
    data: settled,
  })
})
