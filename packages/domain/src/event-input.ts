/**
 * The body of `POST /v1/events`: what a caller may send.
 *
 * Unknown fields are refused, not dropped: a misspelt `subjct` would otherwise be lost in silence.
 */
import { z } from 'zod'
import { isReservedAttribute } from './cloud-event-extensions.ts'
import { TARGET_NAME_PATTERN } from './delivery.ts'
import { EVENT_ID_PATTERN } from './event.ts'
import { isReservedType } from './operational-event.ts'

/** Deeper JSON is refused: it costs every reader a stack frame a level, and no API wants it. */
export const MAX_DATA_DEPTH = 64

/** How far ahead a delivery can be put. */
export const MAX_DELAY_MS = 30 * 86_400_000

const MAX_EXTENSIONS = 64

const rfc3339 = z.iso.datetime({
  offset: true,
  error: 'use an RFC 3339 time such as 2026-01-31T09:30:00Z',
})

export const eventInputSchema = z.strictObject({
  type: z
    .string()
    .min(1)
    .max(255)
    .regex(/^[A-Za-z0-9._-]+$/, 'use only A-Z a-z 0-9 . _ -')
    .refine((type) => !isReservedType(type), 'types that begin with manifold. are Manifold’s own')
    .describe(
      'What happened, such as `order.placed`: targets subscribe to it. Types that begin with `manifold.` are refused.',
    ),
  data: z
    .custom<unknown>((value) => value !== undefined, 'required: any JSON value')
    .describe('Any JSON value; if the config has a schema for the type, it must fit.'),
  id: z
    .string()
    .regex(EVENT_ID_PATTERN, 'use 1 to 128 of A-Z a-z 0-9 . _ ~ -, starting with a letter or digit')
    .optional()
    .describe(
      'Makes sending twice safe: the same id with the same body is stored once. Made up when left out.',
    ),
  source: z.string().min(1).max(1_024).optional().describe('Who sends it.'),
  subject: z.string().min(1).max(1_024).optional().describe('What it is about.'),
  time: rfc3339.optional().describe('When it happened, RFC 3339; when it was accepted, if left out.'),
  extensions: z
    .record(
      z.string().regex(/^[a-z0-9]{1,20}$/, 'name an extension with 1 to 20 of a-z 0-9'),
      z.union([z.string().max(4_096), z.int32(), z.boolean()], {
        error: 'an extension is a string, a 32-bit whole number or a boolean',
      }),
    )
    .refine((extensions) => !Object.keys(extensions).some(isReservedAttribute), {
      error: 'an extension may not be named like an attribute of CloudEvents, nor data',
    })
    .refine((extensions) => Object.keys(extensions).length <= MAX_EXTENSIONS, {
      error: `at most ${String(MAX_EXTENSIONS)} extensions`,
    })
    .optional()
    .describe('CloudEvents extension attributes (CloudEvents 1.0, sections 3.1 and 3.3).'),
  deliverAt: rfc3339.optional().describe('No attempt before this time.'),
  delayMs: z
    .int()
    .min(0)
    .max(MAX_DELAY_MS)
    .optional()
    .describe('The same, counted from when it is accepted.'),
  expiresAt: rfc3339.optional().describe('No attempt after this time.'),
  callbackUrl: z.string().min(1).max(2_048).optional().describe('Told when the event is settled.'),
  targets: z
    .array(z.string().regex(TARGET_NAME_PATTERN, 'not a target name'))
    .min(1, 'name at least one target, or leave the field out to use subscriptions')
    .max(1_000)
    .optional()
    .describe('Names of targets, instead of those that subscribe to its type.'),
})

export type EventInput = z.infer<typeof eventInputSchema>

/** Whether a JSON value nests deeper than `limit` levels. Stops as soon as it knows. */
export function isDeeperThan(value: unknown, limit: number): boolean {
  if (value === null || typeof value !== 'object') return false
  if (limit === 0) return true
  for (const child of Array.isArray(value) ? (value as unknown[]) : Object.values(value)) {
    if (isDeeperThan(child, limit - 1)) return true
  }
  return false
}
