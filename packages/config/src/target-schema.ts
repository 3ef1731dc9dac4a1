/** The shape of a target definition, checked strictly: an unknown key is a mistake, not a comment. */
import {
  DEFAULT_RETRY,
  TARGET_NAME_PATTERN,
  typePatternError,
  type Auth,
  type ManifoldEvent,
  type Outcome,
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

const absoluteUrl = z.string().superRefine((text, context) => {
  const url = URL.canParse(text) ? new URL(text) : undefined
  if (url === undefined) context.addIssue(`"${text}" is not an absolute URL`)
  else if (url.protocol !== 'http:' && url.protocol !== 'https:')
    context.addIssue(`only http and https, not ${url.protocol}`)
  else if (url.username !== '' || url.password !== '')
    context.addIssue('no credentials in a URL: use auth with secret()')
})

const auth = z.custom<Auth>(
  (value) =>
    typeof value === 'object' &&
    value !== null &&
    'authenticate' in value &&
    typeof value.authenticate === 'function',
  'must be made by an auth builder such as bearer(secret("NAME"))',
)

export const targetSchema = z.strictObject({
  name: z.string().regex(TARGET_NAME_PATTERN, 'use a-z 0-9 -, starting with a letter, at most 49 characters'),
  subscribe: z
    .array(
      z.string().superRefine((pattern, context) => {
        const error = typePatternError(pattern)
        if (error !== undefined) context.addIssue(error)
      }),
    )
    .default([]),
  filter: aFunction<(event: ManifoldEvent) => boolean>('(event) => boolean').optional(),
  url: z.union([absoluteUrl, aFunction<(event: ManifoldEvent) => string>('(event) => string')], {
    error: 'must be an absolute http(s) URL or a function (event) => string',
  }),
  method: z.enum(['POST', 'PUT', 'PATCH', 'DELETE', 'GET']).default('POST'),
  headers: z
    .union([
      z.record(z.string(), z.string()),
      aFunction<(event: ManifoldEvent) => Record<string, string>>('(event) => ({ name: value })'),
    ])
    .default({}),
  body: aFunction<(event: ManifoldEvent) => unknown>('(event) => body').optional(),
  auth: auth.default(none),
  timeoutMs: milliseconds(600_000).default(15_000),
  maxResponseBytes: z.int().min(0).max(104_857_600).default(65_536),
  retry: z
    .strictObject({
      maxAttempts: z.int().min(1).max(1_000).default(DEFAULT_RETRY.maxAttempts),
      baseDelayMs: milliseconds(MAX_TIMER_MS).default(DEFAULT_RETRY.baseDelayMs),
      maxDelayMs: milliseconds(MAX_TIMER_MS).default(DEFAULT_RETRY.maxDelayMs),
      maxAgeMs: milliseconds(90 * 86_400_000).default(DEFAULT_RETRY.maxAgeMs),
    })
    .prefault({}),
  concurrency: z.int().min(1).max(10_000).default(50),
  rateLimit: z.strictObject({ max: z.int().min(1), perMs: milliseconds(86_400_000) }).optional(),
  breaker: z
    .strictObject({
      failureRate: z.number().gt(0).max(1).default(0.5),
      minimumAttempts: z.int().min(1).default(20),
      windowMs: milliseconds(3_600_000).default(10_000),
      openMs: milliseconds(86_400_000).default(30_000),
    })
    .prefault({}),
  classify: aFunction<(response: TargetResponse) => Outcome | undefined>('(response) => outcome').optional(),
  allowPrivateNetwork: z.boolean().default(false),
})

/** The resolved target: every default filled in. */
export function toTarget(parsed: z.infer<typeof targetSchema>): Target {
  return {
    ...parsed,
    filter: parsed.filter,
    body: parsed.body,
    rateLimit: parsed.rateLimit,
    classify: parsed.classify,
  }
}
