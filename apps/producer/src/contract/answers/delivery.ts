/** A delivery as it is shown within its event. */
import { DEAD_REASONS, DELIVERY_STATUSES } from '@manifold/domain'
import { z } from 'zod'
import { lastAttempt, lastAttemptExample } from './attempt.ts'
import { timeOrNull } from './time.ts'

export const deliveryStatus = z
  .enum(DELIVERY_STATUSES)
  .describe('`pending`, `retrying` and `deferred` may still be attempted; the others have ended.')

export const deadReason = z.enum(DEAD_REASONS).describe('Why a delivery is a dead letter.')

export const delivery = z
  .object({
    id: z
      .string()
      .describe('The same over all attempts and replays; the target sees it as `Idempotency-Key`.'),
    target: z.string(),
    required: z.boolean().describe('Whether the event counts as failed without it.'),
    status: deliveryStatus,
    attempts: z.int().min(0).describe('Over all generations.'),
    generation: z.int().min(1).describe('1 for the first life, one more for each replay.'),
    nextAttemptAt: timeOrNull,
    deliveredAt: timeOrNull,
    reason: deadReason.nullable().describe('Why it is a dead letter; null when it is none.'),
    lastAttempt: lastAttempt.nullable(),
  })
  .describe('One event for one target, and what it has come to.')

export type Delivery = z.infer<typeof delivery>

export const deliveryExample = {
  id: 'evt_01KG9Q2V7M5T3XW8E4R6YB1NDC-crm',
  target: 'crm',
  required: true,
  status: 'delivered',
  attempts: 1,
  generation: 1,
  nextAttemptAt: null,
  deliveredAt: '2026-01-31T09:30:00.161Z',
  reason: null,
  lastAttempt: lastAttemptExample,
} satisfies Delivery
