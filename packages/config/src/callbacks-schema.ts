/**
 * The `callbacks` setting, checked strictly, and the target it makes: one of Manifold's own, whose address comes with each event.
 *
 * What it shares with every target is judged where targets are (target-schema.ts).
 */
import {
  CALLBACKS_TARGET,
  fieldErrors,
  SETTLED_TYPE,
  type FieldError,
  type HttpTarget,
  type ManifoldEvent,
} from '@manifold/domain'
import { z } from 'zod'
import { standardWebhooks } from './auth/standard-webhooks.ts'
import { callbackUrlMistake, readHostPattern, type CallbackUrlRules } from './callback-url.ts'
import { Secret } from './secret.ts'
import { readTarget } from './target-schema.ts'

export type Callbacks = {
  /** Sends them. */
  readonly target: HttpTarget
  /** What is wrong with an address that is to be called back, as far as its text tells. */
  readonly judgeUrl: (url: string) => string | undefined
}

export type CallbacksReading =
  | { readonly kind: 'callbacks'; readonly callbacks: Callbacks | undefined }
  | { readonly kind: 'mistakes'; readonly errors: readonly FieldError[] }

type SigningSecrets = readonly [Secret, ...Secret[]]

const signingSecret = z.unknown().transform((value, context): SigningSecrets => {
  const list: unknown[] = Array.isArray(value) ? value : [value]
  const [first, ...others] = list.filter((one) => one instanceof Secret)
  if (first !== undefined && others.length + 1 === list.length) return [first, ...others]
  context.addIssue('must be secret("NAME"), or a list of them')
  return z.NEVER
})

const hostPattern = z.string().transform((pattern, context) => {
  const host = readHostPattern(pattern)
  if (host !== undefined) return host
  context.addIssue('must be a host such as hooks.example.com or *.example.com, without scheme, port or path')
  return z.NEVER
})

const cidr = z
  .union([z.cidrv4(), z.cidrv6()], { error: 'must be a CIDR such as 10.1.0.0/16 or fd00::/8' })
  .refine((range) => !range.endsWith('/0'), 'must not be every address')

const own = z.strictObject({
  signingSecret,
  allow: z.array(hostPattern).min(1, 'name at least one host, or leave it out to allow any').optional(),
  allowHttp: z.boolean().default(false),
  allowPrivateNetwork: z
    .array(cidr, { error: 'must be a list of CIDRs: it is never allowed as a whole' })
    .default([]),
  timeoutMs: z.unknown().optional(),
  retry: z.unknown().optional(),
  breaker: z.unknown().optional(),
  concurrency: z.unknown().optional(),
  maxResponseBytes: z.unknown().optional(),
})

const SHARED = ['timeoutMs', 'retry', 'breaker', 'concurrency', 'maxResponseBytes'] as const

/** What the store made of it; the aggregate is sent as it is. */
const callbackData = z.object({
  url: z.string(),
  event: z.custom<{ readonly settledAt: string }>(
    (value) =>
      typeof value === 'object' &&
      value !== null &&
      'settledAt' in value &&
      typeof value.settledAt === 'string',
  ),
})

/** Checks the setting; without one nobody is called back. */
export function readCallbacks(raw: unknown): CallbacksReading {
  if (raw === undefined) return { kind: 'callbacks', callbacks: undefined }
  const path = ['callbacks']
  const parsed = own.safeParse(raw)
  const given = new Map(typeof raw === 'object' && raw !== null ? Object.entries(raw) : [])
  const shared = Object.fromEntries(SHARED.flatMap((key) => (given.has(key) ? [[key, given.get(key)]] : [])))
  const target = readTarget({ ...shared, name: CALLBACKS_TARGET, url: () => '' }, path)
  const errors = [
    ...(parsed.success ? [] : fieldErrors(parsed.error, path)),
    ...(target.kind === 'mistakes' ? target.errors : []),
  ]
  if (!parsed.success || target.kind === 'mistakes' || target.target.kind !== 'http')
    return { kind: 'mistakes', errors }
  return { kind: 'callbacks', callbacks: callbacksOf(target.target, parsed.data) }
}

function callbacksOf(target: HttpTarget, settings: z.infer<typeof own>): Callbacks {
  const rules: CallbackUrlRules = { allow: settings.allow, allowHttp: settings.allowHttp }
  const judgeUrl = (url: string) => callbackUrlMistake(url, rules)
  return {
    judgeUrl,
    target: {
      ...target,
      // Judged at the door, too; the setting may have become stricter since. What is wrong is logged and shown to readers,
      // so it tells of the host alone: path and query may hold the caller's secrets.
      url: (event) => {
        const { url } = callbackData.parse(event.data)
        const mistake = judgeUrl(url)
        if (mistake !== undefined) throw new Error(`the callback's address: ${mistake}`)
        return url
      },
      body: settledBody,
      format: 'json',
      auth: standardWebhooks(...settings.signingSecret),
      allowPrivateNetwork: settings.allowPrivateNetwork,
    },
  }
}

/** What the caller gets, in the form of Standard Webhooks. */
function settledBody({ data }: ManifoldEvent): unknown {
  const { event } = callbackData.parse(data)
  return { type: SETTLED_TYPE, timestamp: event.settledAt, data: event }
}
