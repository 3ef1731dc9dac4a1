/** The shape of a target definition, checked strictly: an unknown key is a mistake, not a comment. */
import {
  compileTypePattern,
  DEFAULT_BREAKER,
  DEFAULT_RETRY,
  fieldErrors,
  headerError,
  namesReservedTypes,
  OPERATIONAL_TYPES,
  TARGET_NAME_PATTERN,
  typePatternError,
  type Auth,
  type FieldError,
  type FunctionTarget,
  type HttpMethod,
  type ManifoldEvent,
  type Outcome,
  type RetryPolicy,
  type Target,
  type TargetResponse,
} from '@manifold/domain'
import { z } from 'zod'
import { none } from './auth/none.ts'

const milliseconds = (maximum: number) => z.int().min(1).max(maximum)

/** Longest wait a Node timer can hold. */
const MAX_TIMER_MS = 2_147_483_647

const aFunction = <T>(what: string) =>
  z.custom<T>((value) => typeof value === 'function', `must be a function: ${what}`)

const isFunction = (value: unknown): boolean => typeof value === 'function'

const url = z.custom<string | ((event: ManifoldEvent) => string)>().superRefine((value: unknown, context) => {
  if (isFunction(value)) return
  const parsed = typeof value === 'string' && URL.canParse(value) ? new URL(value) : undefined
  if (parsed === undefined)
    context.addIssue('must be an absolute http(s) URL or a function (event) => string')
  else if (parsed.protocol !== 'http:' && parsed.protocol !== 'https:')
    context.addIssue(`only http and https, not ${parsed.protocol}`)
  else if (parsed.username !== '' || parsed.password !== '')
    context.addIssue('no credentials in a URL: use auth with secret()')
})

type Headers = Readonly<Record<string, string>> | ((event: ManifoldEvent) => Record<string, string>)

const headers = z.custom<Headers>().superRefine((value: unknown, context) => {
  if (isFunction(value)) return
  if (typeof value !== 'object' || value === null || Array.isArray(value)) {
    context.addIssue('must be an object of strings or a function (event) => ({ name: value })')
    return
  }
  for (const [name, text] of Object.entries(value)) {
    const error = typeof text === 'string' ? headerError(name, text) : 'must be a string'
    if (error !== undefined) context.addIssue({ code: 'custom', path: [name], message: error })
  }
})

const auth = z.custom<Auth>(
  (value) =>
    typeof value === 'object' &&
    value !== null &&
    'authenticate' in value &&
    typeof value.authenticate === 'function' &&
    'secrets' in value &&
    Array.isArray(value.secrets),
  'must be made by an auth builder such as bearer(secret("NAME"))',
)

const delays = z.array(z.int().min(0).max(MAX_TIMER_MS)).min(1).max(1_000)

const maxAgeMs = milliseconds(90 * 86_400_000).default(DEFAULT_RETRY.maxAgeMs)

const listed = (delaysMs: readonly number[], age: number): RetryPolicy => ({
  maxAttempts: delaysMs.length + 1,
  baseDelayMs: DEFAULT_RETRY.baseDelayMs,
  maxDelayMs: DEFAULT_RETRY.maxDelayMs,
  maxAgeMs: age,
  delaysMs,
})

const backoff = z.strictObject({
  maxAttempts: z.int().min(1).max(1_000).default(DEFAULT_RETRY.maxAttempts),
  baseDelayMs: milliseconds(MAX_TIMER_MS).default(DEFAULT_RETRY.baseDelayMs),
  maxDelayMs: milliseconds(MAX_TIMER_MS).default(DEFAULT_RETRY.maxDelayMs),
  maxAgeMs,
})

/** The form that is meant is told by what is there, so that a mistake is reported in its own words. */
const retry = z.unknown().transform((value, context): RetryPolicy => {
  const parsed = Array.isArray(value)
    ? delays.transform((list) => listed(list, DEFAULT_RETRY.maxAgeMs)).safeParse(value)
    : typeof value === 'object' && value !== null && 'delaysMs' in value
      ? z
          .strictObject({ delaysMs: delays, maxAgeMs })
          .transform((given) => listed(given.delaysMs, given.maxAgeMs))
          .safeParse(value)
      : backoff.prefault({}).safeParse(value)
  if (parsed.success) return parsed.data
  for (const issue of parsed.error.issues) context.addIssue({ ...issue, message: issue.message })
  return z.NEVER
})

const privateNetwork = z.custom<boolean | readonly string[]>().superRefine((value: unknown, context) => {
  if (typeof value === 'boolean') return
  if (!Array.isArray(value)) {
    context.addIssue('must be true, false or a list of CIDRs')
    return
  }
  for (const [index, cidr] of value.entries()) {
    if (!z.union([z.cidrv4(), z.cidrv6()]).safeParse(cidr).success) {
      context.addIssue({
        code: 'custom',
        path: [index],
        message: 'must be a CIDR such as 10.1.0.0/16 or fd00::/8',
      })
    }
  }
})

const tls = z.strictObject({
  ca: z.string().includes('-----BEGIN CERTIFICATE-----', { error: 'must be PEM certificates' }).optional(),
  servername: z.string().min(1).optional(),
  minVersion: z.enum(['TLSv1.2', 'TLSv1.3']).optional(),
})

/** One that takes no operational event there is is misspelt: nothing else has such a type. */
function operationalMistake(pattern: string): string | undefined {
  if (!namesReservedTypes(pattern) || OPERATIONAL_TYPES.some(compileTypePattern(pattern))) return undefined
  return `no operational event is called so: there are ${OPERATIONAL_TYPES.join(', ')}`
}

const common = {
  name: z.string().regex(TARGET_NAME_PATTERN, 'use a-z 0-9 -, starting with a letter, at most 49 characters'),
  subscribe: z
    .array(
      z.string().superRefine((pattern, context) => {
        const error = typePatternError(pattern) ?? operationalMistake(pattern)
        if (error !== undefined) context.addIssue(error)
      }),
    )
    .default([]),
  filter: aFunction<(event: ManifoldEvent) => boolean>('(event) => boolean').optional(),
  required: z.boolean().default(true),
  timeoutMs: milliseconds(600_000).default(15_000),
  maxResponseBytes: z.int().min(0).max(104_857_600).default(65_536),
  retry: retry.prefault({}),
  concurrency: z.int().min(1).max(10_000).default(50),
  maxConcurrency: z.int().min(1).max(1_000_000).optional(),
  rateLimit: z.strictObject({ max: z.int().min(1), perMs: milliseconds(86_400_000) }).optional(),
  maxBacklog: z.int().min(0).max(1_000_000_000).optional(),
  breaker: z
    .strictObject({
      failureRate: z.number().gt(0).max(1).default(DEFAULT_BREAKER.failureRate),
      minimumAttempts: z.int().min(1).default(DEFAULT_BREAKER.minimumAttempts),
      windowMs: milliseconds(3_600_000).default(DEFAULT_BREAKER.windowMs),
      openMs: milliseconds(86_400_000).default(DEFAULT_BREAKER.openMs),
    })
    .prefault({}),
  allowPrivateNetwork: privateNetwork.prefault(false),
  tls: tls.optional(),
}

const METHODS = ['POST', 'PUT', 'PATCH', 'DELETE', 'GET'] as const

const httpTarget = z.strictObject({
  ...common,
  url,
  method: z
    .union([z.enum(METHODS), aFunction<(event: ManifoldEvent) => HttpMethod>('(event) => method')], {
      error: `must be one of ${METHODS.join(', ')}, or a function (event) => method`,
    })
    .default('POST'),
  headers: headers.prefault({}),
  body: aFunction<(event: ManifoldEvent) => unknown>('(event) => body').optional(),
  format: z.enum(['cloudevents-structured', 'cloudevents-binary', 'json']).default('cloudevents-structured'),
  captureResponse: z.boolean().default(false),
  auth: auth.default(none),
  classify: aFunction<(response: TargetResponse) => Outcome | undefined>('(response) => outcome').optional(),
})

const functionTarget = z.strictObject({
  ...common,
  handle: aFunction<FunctionTarget['handle']>('async (event, context) => …'),
})

export type TargetReading =
  | { readonly kind: 'target'; readonly target: Target }
  | { readonly kind: 'mistakes'; readonly errors: readonly FieldError[] }

/** Checks one target definition. A definition with `handle` is a function target. */
export function readTarget(raw: unknown, path: readonly PropertyKey[]): TargetReading {
  if (typeof raw === 'object' && raw !== null && 'handle' in raw) {
    const parsed = functionTarget.safeParse(raw)
    if (!parsed.success) return { kind: 'mistakes', errors: fieldErrors(parsed.error, path) }
    return { kind: 'target', target: { kind: 'function', ...withAbsent(parsed.data) } }
  }
  const parsed = httpTarget.safeParse(raw)
  if (!parsed.success) return { kind: 'mistakes', errors: fieldErrors(parsed.error, path) }
  const { body, classify } = parsed.data
  return { kind: 'target', target: { kind: 'http', ...withAbsent(parsed.data), body, classify } }
}

type MayBeAbsent = 'filter' | 'rateLimit' | 'maxConcurrency' | 'tls'

/** zod leaves absent what was not given; a target has every field. */
function withAbsent<T extends { [Key in MayBeAbsent]?: Target[Key] | LooseTls }>(
  parsed: T,
): Omit<T, MayBeAbsent> & Pick<Target, MayBeAbsent> {
  return {
    ...parsed,
    filter: parsed.filter as Target['filter'],
    rateLimit: parsed.rateLimit as Target['rateLimit'],
    maxConcurrency: parsed.maxConcurrency as Target['maxConcurrency'],
    tls: parsed.tls as Target['tls'],
  }
}

type LooseTls = z.infer<typeof tls> | undefined
