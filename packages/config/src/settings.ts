/**
 * Settings: the environment, read once and checked. The only place that knows the variables' names;
 * the README's table is held equal to this list by a contract test.
 */
import type { RedisAddress } from '@manifold/domain'
import { z } from 'zod'
import { ANONYMOUS, parseApiKeys, type ApiKey } from './api-keys.ts'
import { CLIENT_SETTING_NAMES } from './client-settings.ts'
import { jwtVariables, readJwtSettings, type JwtSettings } from './jwt-settings.ts'
import { isLoopbackHost } from './loopback.ts'
import { parseRateLimits, type RateLimits } from './rate-limits.ts'
import { readRedisAddress } from './redis-address.ts'
import { readSecret } from './secret.ts'
import { readTlsFiles, tlsVariables, type TlsFiles } from './tls-settings.ts'
import { trustedProxies, type TrustedProxies } from './trusted-proxies.ts'
import { readTracing, type TracingSettings } from './tracing-settings.ts'

const DAY_MS = 86_400_000

/** Plain decimal digits: `Number` alone would take "0x10", " " and "1e3". */
const whole = z.string().regex(/^\d+$/, 'must be a whole number').transform(Number)

const range = (minimum: number, maximum: number) => whole.pipe(z.int().min(minimum).max(maximum))

const setting = (minimum: number, maximum: number, fallback: number) =>
  range(minimum, maximum).prefault(String(fallback))

const port = range(0, 65_535)
const duration = (fallback: number) => setting(1, 3_650 * DAY_MS, fallback)

/** As browsers write it: scheme, host, and the port unless it is the usual one. */
const origin = z.string().refine((text) => URL.canParse(text) && new URL(text).origin === text, {
  error: 'write origins as https://app.example or http://localhost:8080, separated by commas',
})

const origins = z
  .string()
  .default('')
  .transform((text) =>
    text
      .split(',')
      .map((part) => part.trim())
      .filter((part) => part !== ''),
  )
  .pipe(z.array(origin))

const rateLimits = z.string().transform((text, context) => {
  const { limits, errors } = parseRateLimits(text)
  for (const error of errors) context.addIssue(error)
  return errors.length === 0 ? limits : z.NEVER
})

const SIGNALS = { kill: 'SIGKILL', term: 'SIGTERM', stop: 'SIGSTOP' } as const

/** `<point>[=kill|term|stop][@<passing>]`. Which points there are, the process that is armed knows. */
const strike = z
  .string()
  .regex(
    /^(?:(?:before|after):)?[a-z]+(?:-[a-z]+)*(?:=(?:kill|term|stop))?(?:@[1-9]\d{0,8})?$/,
    'name a point, and if need be how it strikes and at which passing: sent, or after:settle-deliveries=stop@25',
  )
  .transform((text) => {
    const [where = '', passing = '1'] = text.split('@')
    const [point = '', how = 'kill'] = where.split('=')
    const signal = how === 'term' || how === 'stop' ? SIGNALS[how] : SIGNALS.kill
    return { point, signal, passing: Number(passing) }
  })

const environmentSchema = z.object({
  PORT: port.optional(),
  HOST: z.string().min(1).default('127.0.0.1'),
  REDIS_URL: z
    .string()
    .superRefine((text, context) => {
      const reading = readRedisAddress(text)
      if (reading.kind === 'wrong') context.addIssue(reading.message)
    })
    .optional(),
  MANIFOLD_REDIS_REPLICAS: setting(0, 10, 0),
  MANIFOLD_CONFIG: z.string().min(1).default('manifold.config.ts'),
  LOG_LEVEL: z.enum(['trace', 'debug', 'info', 'warn', 'error', 'fatal', 'silent']).default('info'),
  MANIFOLD_MAX_BODY_BYTES: setting(1, 104_857_600, 1_048_576),
  MANIFOLD_MAX_BATCH_BYTES: setting(1, 104_857_600, 16_777_216),
  MANIFOLD_MAX_STREAMS: setting(0, 1_000_000, 5_000),
  MANIFOLD_MAX_BACKLOG: setting(0, 1_000_000_000, 0),
  MANIFOLD_MAX_BACKLOG_PER_TARGET: setting(0, 1_000_000_000, 0),
  MANIFOLD_MAX_MEMORY_PERCENT: setting(0, 100, 80),
  MANIFOLD_ALLOWED_ORIGINS: origins,
  ...jwtVariables,
  MANIFOLD_RATE_LIMIT: rateLimits.optional(),
  ...tlsVariables,
  MANIFOLD_TRUST_PROXY: trustedProxies.optional(),
  MANIFOLD_MAX_CONNECTIONS: setting(1, 1_000_000, 10_000),
  MANIFOLD_RETENTION_SETTLED_MS: duration(DAY_MS),
  MANIFOLD_RETENTION_DEAD_MS: duration(30 * DAY_MS),
  MANIFOLD_DRAIN_MS: setting(0, 600_000, 8_000),
  MANIFOLD_LOCK_MS: setting(200, 600_000, 8_000),
  MANIFOLD_STALLED_CHECK_MS: setting(100, 600_000, 3_000),
  MANIFOLD_RELAY_AGE_MS: setting(10, 600_000, 5_000),
  MANIFOLD_JANITOR_MS: setting(10, DAY_MS, 60_000),
  MANIFOLD_REMOVED_TARGET_GRACE_MS: duration(3_600_000),
  MANIFOLD_FAILPOINT: strike.optional(),
})

export const DEFAULT_REDIS_URL = 'redis://127.0.0.1:6379'

/** May also be given as a file, `<name>_FILE`; so may `REDIS_URL`. */
const SECRET_NAMES = { apiKeys: 'MANIFOLD_API_KEYS', sentinelPassword: 'MANIFOLD_SENTINEL_PASSWORD' } as const

/** Names of every variable the settings read. */
export const SETTING_NAMES: readonly string[] = [
  ...Object.keys(environmentSchema.shape),
  ...Object.values(SECRET_NAMES),
  ...CLIENT_SETTING_NAMES,
]

export type Settings = {
  /** `undefined`: the part's own default. 0: any free port. */
  readonly port: number | undefined
  readonly host: string
  /** `undefined`: none was given; `npm start` then runs a Redis of its own, the parts use DEFAULT_REDIS_URL. */
  readonly redisUrl: string | undefined
  /** Where Redis is, for the parts. */
  readonly redis: RedisAddress
  /** How many replicas must have what a caller is told is kept; 0: none. */
  readonly redisReplicas: number
  readonly configPath: string
  readonly logLevel: string
  readonly apiKeys: readonly ApiKey[]
  readonly maxBodyBytes: number
  /** Of a batch that is read as a whole; one that is streamed has no limit. */
  readonly maxBatchBytes: number
  /** Streams and subscriptions that a producer serves at once. */
  readonly maxStreams: number
  /** Above these, intake refuses events; 0 is no limit. */
  readonly overload: {
    /** Deliveries that have not ended, of all targets. */
    readonly maxBacklog: number
    /** Of one target that has no `maxBacklog` of its own. */
    readonly maxBacklogPerTarget: number
    /** Of Redis's `maxmemory`. */
    readonly maxMemoryPercent: number
  }
  /** Origins whose pages may connect by WebSocket, and ask a producer without keys, besides the producer's own. */
  readonly allowedOrigins: readonly string[]
  /** `undefined`: tokens are not taken. */
  readonly jwt: JwtSettings | undefined
  /** `undefined`: nobody is limited. */
  readonly rateLimits: RateLimits | undefined
  /** `undefined`: HTTP in clear text. */
  readonly tls: TlsFiles | undefined
  /** `undefined`: nobody's word is taken for where a request came from. */
  readonly trustProxy: TrustedProxies | undefined
  /** Connections that a producer serves at once. */
  readonly maxConnections: number
  readonly retention: { readonly settledMs: number; readonly deadMs: number }
  /** How long a stopping process lets work finish before it hands it back. */
  readonly drainMs: number
  /** How long a worker's claim on a job outlives the worker. */
  readonly lockMs: number
  readonly stalledCheckMs: number
  /** Accepted events not enqueued after this long are enqueued by the relay. */
  readonly relayAgeMs: number
  readonly janitorIntervalMs: number
  /** How long what waits for a target that is in no config any more waits on. */
  readonly removedTargetGraceMs: number
  /** `undefined` when traces are not sent. Its variables are listed in docs/tracing.md. */
  readonly tracing: TracingSettings | undefined
  /** Test only: a named point at which the process sends itself a signal, and at which passing. */
  readonly failpoint: z.infer<typeof strike> | undefined
}

/** The environment cannot be used; the message lists every mistake. */
export class SettingsError extends Error {
  override readonly name = 'SettingsError'

  constructor(mistakes: readonly string[]) {
    super(
      `The settings have ${String(mistakes.length)} mistake(s):\n${mistakes.map((line) => `  ${line}`).join('\n')}`,
    )
  }
}

/** Reads and checks the environment. @throws {SettingsError} naming every wrong variable, never a secret's value. */
export function readSettings(environment: NodeJS.ProcessEnv = process.env): Settings {
  const mistakes: string[] = []
  const given = withoutEmpty(environment)
  // It may have a password in it, and so be a file.
  const redisUrl = readOptionalSecret('REDIS_URL', given)
  mistakes.push(...redisUrl.errors)
  const parsed = environmentSchema.safeParse({ ...given, REDIS_URL: redisUrl.value })
  if (!parsed.success)
    mistakes.push(...parsed.error.issues.map((issue) => `${issue.path.join('.')}: ${issue.message}`))

  const keys = readApiKeys(given)
  const sentinelPassword = readOptionalSecret(SECRET_NAMES.sentinelPassword, given)
  mistakes.push(...keys.errors, ...sentinelPassword.errors)
  const tracing = readTracing(given)
  if (tracing.kind === 'mistakes') mistakes.push(...tracing.mistakes)
  if (!parsed.success || tracing.kind === 'mistakes') throw new SettingsError(mistakes)

  const env = parsed.data
  const { jwt, errors: jwtErrors } = readJwtSettings(env)
  const { tls, errors: tlsErrors } = readTlsFiles(env)
  mistakes.push(...jwtErrors, ...tlsErrors)
  const redis = readRedisAddress(env.REDIS_URL ?? DEFAULT_REDIS_URL, sentinelPassword.value)
  if (redis.kind === 'wrong') mistakes.push(`REDIS_URL: ${redis.message}`)
  if (redis.kind === 'wrong' || mistakes.length > 0) throw new SettingsError(mistakes)
  return {
    port: env.PORT,
    host: env.HOST,
    redisUrl: env.REDIS_URL,
    redis: redis.address,
    redisReplicas: env.MANIFOLD_REDIS_REPLICAS,
    configPath: env.MANIFOLD_CONFIG,
    logLevel: env.LOG_LEVEL,
    apiKeys: keys.keys,
    maxBodyBytes: env.MANIFOLD_MAX_BODY_BYTES,
    maxBatchBytes: env.MANIFOLD_MAX_BATCH_BYTES,
    maxStreams: env.MANIFOLD_MAX_STREAMS,
    overload: {
      maxBacklog: env.MANIFOLD_MAX_BACKLOG,
      maxBacklogPerTarget: env.MANIFOLD_MAX_BACKLOG_PER_TARGET,
      maxMemoryPercent: env.MANIFOLD_MAX_MEMORY_PERCENT,
    },
    allowedOrigins: env.MANIFOLD_ALLOWED_ORIGINS,
    jwt,
    rateLimits: env.MANIFOLD_RATE_LIMIT,
    tls,
    trustProxy: env.MANIFOLD_TRUST_PROXY,
    maxConnections: env.MANIFOLD_MAX_CONNECTIONS,
    retention: { settledMs: env.MANIFOLD_RETENTION_SETTLED_MS, deadMs: env.MANIFOLD_RETENTION_DEAD_MS },
    drainMs: env.MANIFOLD_DRAIN_MS,
    lockMs: env.MANIFOLD_LOCK_MS,
    stalledCheckMs: env.MANIFOLD_STALLED_CHECK_MS,
    relayAgeMs: env.MANIFOLD_RELAY_AGE_MS,
    janitorIntervalMs: env.MANIFOLD_JANITOR_MS,
    removedTargetGraceMs: env.MANIFOLD_REMOVED_TARGET_GRACE_MS,
    tracing: tracing.kind === 'on' ? tracing.settings : undefined,
    failpoint: env.MANIFOLD_FAILPOINT,
  }
}

/** Whether anybody who reaches the producer may do everything. */
export function isKeyless({ apiKeys, jwt }: Pick<Settings, 'apiKeys' | 'jwt'>): boolean {
  return apiKeys.length === 0 && jwt === undefined
}

/**
 * Without API keys or tokens anyone who reaches the producer may use it, so it then listens on loopback only.
 * @throws {SettingsError} when `host` is anything else
 */
export function requireKeysBeyondLoopback(settings: Settings): void {
  if (!isKeyless(settings) || isLoopbackHost(settings.host)) return
  throw new SettingsError([
    `HOST: without API keys the producer listens on loopback only, not on ${settings.host}; ` +
      'set MANIFOLD_API_KEYS (make one with "npm run manifold -- keys create") or MANIFOLD_JWT_JWKS_URL',
  ])
}

/** An empty variable counts as unset. */
function withoutEmpty(environment: NodeJS.ProcessEnv): Record<string, string | undefined> {
  return Object.fromEntries(Object.entries(environment).filter(([, value]) => value !== ''))
}

function readApiKeys(given: Record<string, string | undefined>): { keys: ApiKey[]; errors: string[] } {
  const source = readOptionalSecret(SECRET_NAMES.apiKeys, given)
  if (source.value === undefined) return { keys: [], errors: source.errors }
  const { keys, errors } = parseApiKeys(source.value)
  return { keys, errors: errors.map((error) => `${SECRET_NAMES.apiKeys}: ${error}`) }
}

/** Names of MANIFOLD_RATE_LIMIT that no caller has: those of keys that there are not, and without keys all but one. */
export function unknownLimitedNames({ rateLimits, apiKeys, jwt }: Settings): readonly string[] {
  const isKnown = (name: string) =>
    apiKeys.some((key) => key.name === name) ||
    (jwt === undefined ? apiKeys.length === 0 && name === ANONYMOUS : name.startsWith('jwt:'))
  return [...(rateLimits?.own.keys() ?? [])].filter((name) => !isKnown(name))
}

/**
 * A limit under a name that is misspelt leaves a caller without its limit. Where tokens are taken it may be meant for one whose
 * subject nobody can know here: that is told, and no mistake.
 * @throws {SettingsError} when MANIFOLD_RATE_LIMIT names a caller that no key has, and no tokens are taken
 */
export function requireKnownLimits(settings: Settings): void {
  const unknown = unknownLimitedNames(settings)
  if (settings.jwt !== undefined || unknown.length === 0) return
  throw new SettingsError([`MANIFOLD_RATE_LIMIT: no key is called ${unknown.join(', ')}`])
}

/**
 * The API keys as they are now in the file that MANIFOLD_API_KEYS_FILE names; `undefined` where they are in none: then they are
 * as they were at the start.
 * @throws {SettingsError} when it cannot be read, has mistakes, or holds no key
 */
export function rereadApiKeys(environment: NodeJS.ProcessEnv = process.env): readonly ApiKey[] | undefined {
  const given = withoutEmpty(environment)
  const { apiKeys } = SECRET_NAMES
  if (given[apiKeys] !== undefined || given[`${apiKeys}_FILE`] === undefined) return undefined
  const { keys, errors } = readApiKeys(given)
  if (errors.length > 0) throw new SettingsError(errors)
  return keys
}

/** A secret that may be left out; an error only when it was given and cannot be read. */
function readOptionalSecret(
  name: string,
  given: Record<string, string | undefined>,
): { value: string | undefined; errors: string[] } {
  if (given[name] === undefined && given[`${name}_FILE`] === undefined)
    return { value: undefined, errors: [] }
  const source = readSecret(name, given)
  return source.kind === 'found'
    ? { value: source.value, errors: [] }
    : { value: undefined, errors: [source.message] }
}
