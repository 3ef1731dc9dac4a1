import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { createApiKey } from './api-keys.ts'
import { readSettings, requireKeysBeyondLoopback, rereadApiKeys, SettingsError } from './settings.ts'

const { entry } = createApiKey('shop', ['publish'])

/** The message of the SettingsError that reading this environment ends in. */
function complaint(read: () => unknown): string {
  try {
    read()
  } catch (error) {
    if (error instanceof SettingsError) return error.message
    throw error
  }
  throw new Error('the settings were expected to be refused')
}

test('an empty environment gives the defaults', () => {
  expect(readSettings({})).toEqual({
    port: undefined,
    host: '127.0.0.1',
    redisUrl: undefined,
    redis: { kind: 'single', url: 'redis://127.0.0.1:6379' },
    redisReplicas: 0,
    configPath: 'manifold.config.ts',
    logLevel: 'info',
    apiKeys: [],
    maxBodyBytes: 1_048_576,
    maxBatchBytes: 16_777_216,
    maxStreams: 5_000,
    overload: { maxBacklog: 0, maxBacklogPerTarget: 0, maxMemoryPercent: 80 },
    allowedOrigins: [],
    jwt: undefined,
    rateLimits: undefined,
    tls: undefined,
    trustProxy: undefined,
    maxConnections: 10_000,
    retention: { settledMs: 86_400_000, deadMs: 2_592_000_000 },
    drainMs: 8_000,
    lockMs: 8_000,
    stalledCheckMs: 3_000,
    relayAgeMs: 5_000,
    janitorIntervalMs: 60_000,
    removedTargetGraceMs: 3_600_000,
    tracing: undefined,
    failpoint: undefined,
  })
})

test('every setting can be set', () => {
  const settings = readSettings({
    PORT: '0',
    HOST: '0.0.0.0',
    REDIS_URL: 'rediss+sentinel://user:pass@one,two/main',
    MANIFOLD_SENTINEL_PASSWORD: 'other',
    MANIFOLD_REDIS_REPLICAS: '2',
    MANIFOLD_CONFIG: 'other.config.ts',
    LOG_LEVEL: 'debug',
    MANIFOLD_API_KEYS: entry,
    MANIFOLD_MAX_BODY_BYTES: '1',
    MANIFOLD_MAX_BATCH_BYTES: '3',
    MANIFOLD_MAX_STREAMS: '3',
    MANIFOLD_MAX_BACKLOG: '4',
    MANIFOLD_MAX_BACKLOG_PER_TARGET: '5',
    MANIFOLD_MAX_MEMORY_PERCENT: '6',
    MANIFOLD_ALLOWED_ORIGINS: 'https://app.example, http://localhost:8080',
    MANIFOLD_JWT_JWKS_URL: 'https://issuer.example/jwks',
    MANIFOLD_JWT_ISSUER: 'https://issuer.example',
    MANIFOLD_JWT_AUDIENCE: 'manifold, https://manifold.example',
    MANIFOLD_JWT_ALGORITHMS: 'ES256 EdDSA',
    MANIFOLD_JWT_TYPES_CLAIM: 'https://acme.example/types',
    MANIFOLD_RATE_LIMIT: '1000/1s shop=50/2m',
    MANIFOLD_TLS_CERT_FILE: '/tls/tls.crt',
    MANIFOLD_TLS_KEY_FILE: '/tls/tls.key',
    MANIFOLD_TLS_CLIENT_CA_FILE: '/tls/ca.crt',
    MANIFOLD_TRUST_PROXY: '10.0.0.0/8, loopback, ::1',
    MANIFOLD_MAX_CONNECTIONS: '5',
    MANIFOLD_RETENTION_SETTLED_MS: '1',
    MANIFOLD_RETENTION_DEAD_MS: '2',
    MANIFOLD_DRAIN_MS: '0',
    MANIFOLD_LOCK_MS: '200',
    MANIFOLD_STALLED_CHECK_MS: '100',
    MANIFOLD_RELAY_AGE_MS: '10',
    MANIFOLD_JANITOR_MS: '11',
    MANIFOLD_REMOVED_TARGET_GRACE_MS: '12',
    MANIFOLD_FAILPOINT: 'after:settle-deliveries=stop@25',
  })
  expect(settings).toEqual({
    port: 0,
    host: '0.0.0.0',
    redisUrl: 'rediss+sentinel://user:pass@one,two/main',
    redis: expect.objectContaining({ kind: 'sentinel', master: 'main', sentinelPassword: 'other' }) as object,
    redisReplicas: 2,
    configPath: 'other.config.ts',
    logLevel: 'debug',
    apiKeys: [expect.objectContaining({ name: 'shop' })],
    maxBodyBytes: 1,
    maxBatchBytes: 3,
    maxStreams: 3,
    overload: { maxBacklog: 4, maxBacklogPerTarget: 5, maxMemoryPercent: 6 },
    allowedOrigins: ['https://app.example', 'http://localhost:8080'],
    jwt: {
      keys: new URL('https://issuer.example/jwks'),
      issuer: 'https://issuer.example',
      audiences: ['manifold', 'https://manifold.example'],
      algorithms: ['ES256', 'EdDSA'],
      typesClaim: 'https://acme.example/types',
    },
    rateLimits: {
      everyone: { max: 1_000, perSeconds: 1 },
      own: new Map([['shop', { max: 50, perSeconds: 120 }]]),
    },
    tls: { certificate: '/tls/tls.crt', key: '/tls/tls.key', clientAuthority: '/tls/ca.crt' },
    trustProxy: ['10.0.0.0/8', 'loopback', '::1'],
    maxConnections: 5,
    retention: { settledMs: 1, deadMs: 2 },
    drainMs: 0,
    lockMs: 200,
    stalledCheckMs: 100,
    relayAgeMs: 10,
    janitorIntervalMs: 11,
    removedTargetGraceMs: 12,
    tracing: undefined,
    failpoint: { point: 'after:settle-deliveries', signal: 'SIGSTOP', passing: 25 },
  })
})

test.each([
  ['sent', { point: 'sent', signal: 'SIGKILL', passing: 1 }],
  ['sent@3', { point: 'sent', signal: 'SIGKILL', passing: 3 }],
  ['before:accept-event=term', { point: 'before:accept-event', signal: 'SIGTERM', passing: 1 }],
  ['during=kill@10', { point: 'during', signal: 'SIGKILL', passing: 10 }],
])('the failpoint %s says where, how, and at which passing', (text, failpoint) => {
  expect(readSettings({ MANIFOLD_FAILPOINT: text }).failpoint).toEqual(failpoint)
})

test.each(['Sent', 'sent=hup', 'sent@0', 'sent@', 'around:accept-event', '=kill', 'sent@2=kill'])(
  'the failpoint %s is a mistake, and how to write one is told',
  (text) => {
    expect(complaint(() => readSettings({ MANIFOLD_FAILPOINT: text }))).toContain(
      'MANIFOLD_FAILPOINT: name a point, and if need be how it strikes and at which passing',
    )
  },
)

describe('the address of Redis, which may hold a password', () => {
  const folder = mkdtempSync(join(tmpdir(), 'manifold-redis-url-'))
  afterAll(() => {
    rmSync(folder, { recursive: true })
  })
  const fileOf = (content: string) => {
    const file = join(folder, 'redis_url')
    writeFileSync(file, content)
    return file
  }

  test('is read from the file that REDIS_URL_FILE names, unless REDIS_URL is set', () => {
    const REDIS_URL_FILE = fileOf('redis://:hunter2@redis.example:6379\n')
    expect(readSettings({ REDIS_URL_FILE }).redisUrl).toBe('redis://:hunter2@redis.example:6379')
    expect(readSettings({ REDIS_URL_FILE, REDIS_URL: 'redis://other' }).redisUrl).toBe('redis://other')
  })

  test('is a mistake when the file is not there, or holds something else, which is not repeated', () => {
    const missing = complaint(() => readSettings({ REDIS_URL_FILE: join(folder, 'nowhere') }))
    expect(missing).toContain('REDIS_URL_FILE cannot be read (ENOENT)')
    const wrong = complaint(() => readSettings({ REDIS_URL_FILE: fileOf('hunter2') }))
    expect(wrong).toContain('REDIS_URL: ')
    expect(wrong).not.toContain('hunter2')
  })
})

test('an empty variable counts as unset', () => {
  const names = ['PORT', 'HOST', 'REDIS_URL', 'LOG_LEVEL', 'MANIFOLD_DRAIN_MS', 'MANIFOLD_API_KEYS']
  const environment = Object.fromEntries(names.map((name) => [name, '']))
  expect(readSettings(environment)).toEqual(readSettings({}))
})

test('every mistake is told at once, a line each, by the name of its variable', () => {
  const lines = complaint(() =>
    readSettings({
      PORT: 'http',
      REDIS_URL: 'redis.example',
      LOG_LEVEL: 'loud',
      MANIFOLD_LOCK_MS: '1',
      MANIFOLD_API_KEYS: 'nonsense',
    }),
  ).split('\n')
  expect(lines[0]).toBe('The settings have 5 mistake(s):')
  expect(lines.slice(1).map((line) => line.trim().split(':')[0])).toEqual([
    'PORT',
    'REDIS_URL',
    'LOG_LEVEL',
    'MANIFOLD_LOCK_MS',
    'MANIFOLD_API_KEYS',
  ])
})

test('each mistake among the API keys has a line of its own', () => {
  const message = complaint(() => readSettings({ MANIFOLD_API_KEYS: 'nonsense more-nonsense' }))
  expect(message).toMatch(/MANIFOLD_API_KEYS: entry 1: .*\n {2}MANIFOLD_API_KEYS: entry 2: /)
})

test('a message never holds the value of a secret', () => {
  const hash = 'ab'.repeat(32)
  const message = complaint(() =>
    readSettings({
      REDIS_URL: 'http://:hunter2@redis.example',
      MANIFOLD_API_KEYS: `shop:publish:mk_hunter2 shop:fly:${hash}`,
    }),
  )
  expect(message).toContain('REDIS_URL')
  expect(message).not.toContain('hunter2')
  expect(message).not.toContain(hash)
})

test.each([
  ['PORT', '-1'],
  ['PORT', '65536'],
  ['PORT', '3000.5'],
  ['MANIFOLD_MAX_BODY_BYTES', '0'],
  ['MANIFOLD_MAX_BODY_BYTES', '104857601'],
  ['MANIFOLD_MAX_BATCH_BYTES', '0'],
  ['MANIFOLD_MAX_BATCH_BYTES', '104857601'],
  ['MANIFOLD_RETENTION_SETTLED_MS', '0'],
  ['MANIFOLD_RETENTION_DEAD_MS', '24h'],
  ['MANIFOLD_DRAIN_MS', '-1'],
  ['MANIFOLD_DRAIN_MS', '600001'],
  ['REDIS_URL', 'redis+sentinel://one,two'],
  ['MANIFOLD_REDIS_REPLICAS', '-1'],
  ['MANIFOLD_REDIS_REPLICAS', '11'],
  ['MANIFOLD_LOCK_MS', '199'],
  ['MANIFOLD_LOCK_MS', '600001'],
  ['MANIFOLD_STALLED_CHECK_MS', 'NaN'],
  ['MANIFOLD_RELAY_AGE_MS', 'Infinity'],
  ['MANIFOLD_JANITOR_MS', '9'],
  ['MANIFOLD_REMOVED_TARGET_GRACE_MS', '0'],
  ['LOG_LEVEL', 'INFO'],
  ['MANIFOLD_MAX_CONNECTIONS', '0'],
  ['MANIFOLD_RATE_LIMIT', '1000'],
  ['MANIFOLD_RATE_LIMIT', ' '],
  ['MANIFOLD_RATE_LIMIT', '0/1s'],
  ['MANIFOLD_RATE_LIMIT', '10/500ms'],
  ['MANIFOLD_RATE_LIMIT', '10/1s 20/1s'],
  ['MANIFOLD_RATE_LIMIT', 'shop=1/1s shop=2/1s'],
  ['MANIFOLD_API_KEYS', ' '],
  ['MANIFOLD_API_KEYS', '\n\n'],
  ['MANIFOLD_API_KEYS', ','],
  ['MANIFOLD_TRUST_PROXY', 'true'],
  ['MANIFOLD_TRUST_PROXY', '0'],
  ['MANIFOLD_TRUST_PROXY', '10.0.0.0/33'],
  ['MANIFOLD_TRUST_PROXY', 'proxy.example'],
])('%s may not be %s', (name, value) => {
  expect(complaint(() => readSettings({ [name]: value }))).toContain(`1 mistake(s):\n  ${name}: `)
})

test.each(['trace', 'debug', 'info', 'warn', 'error', 'fatal', 'silent'])('the log may be %s', (level) => {
  expect(readSettings({ LOG_LEVEL: level }).logLevel).toBe(level)
})

test.each([
  ['single', 'redis://127.0.0.1:6379'],
  ['single', 'rediss://redis.example'],
  ['single', '/run/redis.sock'],
  ['sentinel', 'redis+sentinel://one,two/main'],
  ['cluster', 'redis+cluster://one,two'],
])('Redis may be %s: %s', (kind, url) => {
  expect(readSettings({ REDIS_URL: url })).toMatchObject({ redisUrl: url, redis: { kind } })
})

test("a file of the sentinels' password that cannot be read is told of", () => {
  expect(complaint(() => readSettings({ MANIFOLD_SENTINEL_PASSWORD_FILE: '/nowhere' }))).toContain(
    'MANIFOLD_SENTINEL_PASSWORD_FILE cannot be read',
  )
})

describe('API keys from a file', () => {
  let directory = ''
  beforeAll(() => {
    directory = mkdtempSync(join(tmpdir(), 'manifold-settings-'))
    writeFileSync(join(directory, 'keys'), `${entry}\n`)
    writeFileSync(join(directory, 'wrong'), 'shop:publish:mk_hunter2\n')
  })
  afterAll(() => {
    rmSync(directory, { recursive: true })
  })
  const namesIn = (environment: NodeJS.ProcessEnv) => readSettings(environment).apiKeys.map((key) => key.name)

  test('are those in the file that MANIFOLD_API_KEYS_FILE names', () => {
    expect(namesIn({ MANIFOLD_API_KEYS_FILE: join(directory, 'keys') })).toEqual(['shop'])
  })

  test('can be read again, from the file only; mistakes and no key at all are told', () => {
    const file = join(directory, 'changing')
    const again = (environment: NodeJS.ProcessEnv) => rereadApiKeys(environment)?.map(({ name }) => name)
    for (const [name, content] of [
      ['shop', entry],
      ['ops', createApiKey('ops', ['admin']).entry],
    ] as const) {
      writeFileSync(file, content)
      expect(again({ MANIFOLD_API_KEYS_FILE: file })).toEqual([name])
      expect(again({ MANIFOLD_API_KEYS: '', MANIFOLD_API_KEYS_FILE: file })).toEqual([name])
      expect(again({ MANIFOLD_API_KEYS: entry, MANIFOLD_API_KEYS_FILE: file })).toBeUndefined()
    }
    expect(again({ MANIFOLD_API_KEYS_FILE: '' })).toBeUndefined()
    for (const content of ['', '\n\n', 'nonsense']) {
      writeFileSync(file, content)
      expect(complaint(() => again({ MANIFOLD_API_KEYS_FILE: file }))).toContain('MANIFOLD_API_KEYS')
    }
  })

  test('give way to those in MANIFOLD_API_KEYS', () => {
    const own = createApiKey('ops', ['admin']).entry
    const environment = { MANIFOLD_API_KEYS: own, MANIFOLD_API_KEYS_FILE: join(directory, 'keys') }
    expect(namesIn(environment)).toEqual(['ops'])
  })

  test.each(['', '\n', '\n\n', ' \t\r\n'])('are required once a file is named: %j holds none', (content) => {
    const file = join(directory, 'blank')
    writeFileSync(file, content)
    const message = complaint(() => readSettings({ MANIFOLD_API_KEYS_FILE: file }))
    expect(message).toContain('MANIFOLD_API_KEYS_FILE is empty')
  })

  test('are required once a file is named: one that cannot be read is a mistake', () => {
    const message = complaint(() => readSettings({ MANIFOLD_API_KEYS_FILE: join(directory, 'none') }))
    expect(message).toContain('MANIFOLD_API_KEYS_FILE cannot be read (ENOENT)')
  })

  test('are judged like those in the variable, and shown as little', () => {
    const message = complaint(() => readSettings({ MANIFOLD_API_KEYS_FILE: join(directory, 'wrong') }))
    expect(message).toContain('entry 1: write ')
    expect(message).not.toContain('hunter2')
  })
})

const ISSUER = { MANIFOLD_JWT_ISSUER: 'https://issuer.example', MANIFOLD_JWT_AUDIENCE: 'manifold' }

test.each([
  ['https://issuer.example/jwks', 'https://issuer.example/jwks'],
  ['http://127.0.0.1:8080/jwks', 'http://127.0.0.1:8080/jwks'],
  ['http://[::1]/jwks', 'http://[::1]/jwks'],
  ['/etc/manifold/jwks 1.json', 'file:///etc/manifold/jwks%201.json'],
])('the keys of tokens may be at %s', (text, url) => {
  expect(readSettings({ ...ISSUER, MANIFOLD_JWT_JWKS_URL: text }).jwt?.keys.href).toBe(url)
})

test.each([
  ['http://issuer.example/jwks', {}, 'MANIFOLD_JWT_JWKS_URL: use https'],
  ['issuer.example', {}, 'MANIFOLD_JWT_JWKS_URL: use https'],
  ['https://issuer.example/', { MANIFOLD_JWT_ISSUER: '' }, 'MANIFOLD_JWT_ISSUER: set it'],
  ['https://issuer.example/', { MANIFOLD_JWT_AUDIENCE: '' }, 'MANIFOLD_JWT_AUDIENCE: set it'],
  ['https://issuer.example/', { MANIFOLD_JWT_ALGORITHMS: 'HS256' }, 'MANIFOLD_JWT_ALGORITHMS'],
  ['https://issuer.example/', { MANIFOLD_JWT_ALGORITHMS: 'none' }, 'MANIFOLD_JWT_ALGORITHMS'],
  ['', {}, 'MANIFOLD_JWT_JWKS_URL: set it'],
])('tokens that anybody could make are not taken: %j, %j', (url, more, message) => {
  expect(complaint(() => readSettings({ ...ISSUER, ...more, MANIFOLD_JWT_JWKS_URL: url }))).toContain(message)
})

test('without a word about it, tokens are signed in any asymmetric way', () => {
  const { jwt } = readSettings({ ...ISSUER, MANIFOLD_JWT_JWKS_URL: 'https://issuer.example/' })
  expect(jwt?.algorithms).toContain('RS256')
  expect(jwt?.algorithms.filter((name) => /^(HS|none)/.test(name))).toEqual([])
})

test.each([
  [{ MANIFOLD_TLS_CERT_FILE: 'a' }, 'MANIFOLD_TLS_KEY_FILE: set it'],
  [{ MANIFOLD_TLS_KEY_FILE: 'a' }, 'MANIFOLD_TLS_CERT_FILE: set it'],
  [{ MANIFOLD_TLS_CLIENT_CA_FILE: 'a' }, 'MANIFOLD_TLS_CERT_FILE: set it'],
])('TLS takes a certificate and its key: %j is not enough', (environment, message) => {
  expect(complaint(() => readSettings(environment))).toContain(message)
})

test('a number of proxies can be trusted as well as addresses', () => {
  expect(readSettings({ MANIFOLD_TRUST_PROXY: '2' }).trustProxy).toBe(2)
})

const listening = (environment: NodeJS.ProcessEnv) => () => {
  requireKeysBeyondLoopback(readSettings(environment))
}

test.each(['127.0.0.1', '::1', 'localhost'])('without API keys the producer may listen on %s', (host) => {
  expect(listening({ HOST: host })).not.toThrow()
})

test.each(['0.0.0.0', '::', '192.168.1.5', 'shop.example'])(
  'only with API keys or tokens may it listen on %s',
  (host) => {
    expect(complaint(listening({ HOST: host }))).toContain('HOST: ')
    expect(listening({ HOST: host, MANIFOLD_API_KEYS: entry })).not.toThrow()
    const tokens = { ...ISSUER, MANIFOLD_JWT_JWKS_URL: 'https://issuer.example/' }
    expect(listening({ HOST: host, ...tokens })).not.toThrow()
  },
)

test.each([
  'app.example',
  'https://app.example/',
  'https://app.example:443',
  'null',
  '*',
  'HTTPS://app.example',
])('an origin is written as browsers write it: %j is refused', (text) => {
  expect(complaint(() => readSettings({ MANIFOLD_ALLOWED_ORIGINS: text }))).toContain(
    'MANIFOLD_ALLOWED_ORIGINS',
  )
})
