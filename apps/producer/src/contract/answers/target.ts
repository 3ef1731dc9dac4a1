/** A target: its settings without secrets, and how it is doing. */
import { z } from 'zod'
import { pageOf } from './page.ts'
import { time, timeOrNull } from './time.ts'

const count = z.int().min(0)

const settings = z.object({
  kind: z.enum(['http', 'function']),
  url: z.string().optional().describe('`function` when the config computes it.'),
  method: z.string().optional(),
  auth: z.string().optional().describe('The kind of authentication; never a secret.'),
  subscribe: z.array(z.string()),
  filter: z.boolean().describe('Whether it has one.'),
  timeoutMs: z.number(),
  maxResponseBytes: z.number(),
  retry: z.object({
    maxAttempts: z.number(),
    baseDelayMs: z.number(),
    maxDelayMs: z.number(),
    maxAgeMs: z.number(),
    delaysMs: z.array(z.number()).readonly().optional(),
  }),
  concurrency: z.number(),
  maxConcurrency: z.number().nullable(),
  rateLimit: z.object({ max: z.number(), perMs: z.number() }).nullable(),
  maxBacklog: z.number().nullable(),
  breaker: z.object({
    failureRate: z.number(),
    minimumAttempts: z.number(),
    windowMs: z.number(),
    openMs: z.number(),
  }),
  allowPrivateNetwork: z.union([z.boolean(), z.array(z.string()).readonly()]),
})

const breaker = z.object({
  state: z.enum(['closed', 'open', 'half-open']),
  reason: z.string().nullable(),
  since: timeOrNull,
  nextProbeAt: timeOrNull,
})

export const target = z
  .object({
    name: z.string(),
    paused: z.boolean(),
    gone: z.boolean().describe('It answered 410, and is paused until somebody resumes it.'),
    queue: z.object({ waiting: count, delayed: count, dead: count }),
    inFlight: count,
    breaker,
    hosts: z
      .array(z.object({ host: z.string(), breaker }))
      .optional()
      .describe('Of callbacks, which have a breaker for each host: those that are not closed.'),
    lastMinute: z
      .object({ delivered: count, retryable: count, permanent: count, throttled: count })
      .describe('Attempts of the last minute by outcome.'),
    settings,
  })
  .describe('A target of the config, and how it is doing.')

export type Target = z.infer<typeof target>

export type TargetSettings = Target['settings']

export type TargetBreaker = Target['breaker']

const removedTarget = z.object({
  name: z.string(),
  removedAt: time.describe('When it was noticed that no living process has it in its config.'),
  diesAt: timeOrNull.describe(
    'When what waits becomes dead letters, unless it is back; null when none does.',
  ),
  queue: z.object({ waiting: count, delayed: count, dead: count }),
  inFlight: count,
})

export type RemovedTarget = z.infer<typeof removedTarget>

export const targetList = pageOf(target)
  .extend({
    removed: z
      .array(removedTarget)
      .describe('Those in no config any more of which something is left: what waits, or dead letters.'),
  })
  .describe('Every target of the config, on one page.')

export type TargetList = z.infer<typeof targetList>

export const targetExample = {
  name: 'crm',
  paused: false,
  gone: false,
  queue: { waiting: 3, delayed: 0, dead: 0 },
  inFlight: 1,
  breaker: { state: 'closed', reason: null, since: null, nextProbeAt: null },
  lastMinute: { delivered: 120, retryable: 2, permanent: 0, throttled: 0 },
  settings: {
    kind: 'http',
    url: 'https://crm.example/api/orders',
    method: 'POST',
    auth: 'bearer',
    subscribe: ['order.*', 'customer.**'],
    filter: false,
    timeoutMs: 15_000,
    maxResponseBytes: 65_536,
    retry: { maxAttempts: 8, baseDelayMs: 1_000, maxDelayMs: 900_000, maxAgeMs: 86_400_000 },
    concurrency: 50,
    maxConcurrency: null,
    rateLimit: { max: 100, perMs: 1_000 },
    maxBacklog: null,
    breaker: { failureRate: 0.5, minimumAttempts: 20, windowMs: 10_000, openMs: 30_000 },
    allowPrivateNetwork: false,
  },
} satisfies Target

export const removedTargetExample = {
  name: 'billing',
  removedAt: '2026-01-15T09:30:00.000Z',
  diesAt: '2026-01-15T10:30:00.000Z',
  queue: { waiting: 12, delayed: 1, dead: 4 },
  inFlight: 0,
} satisfies RemovedTarget
