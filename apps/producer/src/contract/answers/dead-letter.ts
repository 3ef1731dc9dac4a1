/** Dead letters as they are shown, and what is answered when one goes back to its target. */
import { z } from 'zod'
import { attempt, attemptExample, lastAttempt, lastAttemptExample } from './attempt.ts'
import { deadReason } from './delivery.ts'
import { pageOf } from './page.ts'
import { time, timeOrNull } from './time.ts'

export const deadLetter = z
  .object({
    id: z.string().describe('The id of its delivery.'),
    eventId: z.string(),
    target: z.string(),
    type: z.string(),
    source: z.string(),
    subject: z.string().nullable(),
    reason: deadReason.nullable(),
    diedAt: timeOrNull,
    acceptedAt: time,
    attempts: z.int().min(0),
    generation: z.int().min(1),
    lastAttempt: lastAttempt.nullable(),
  })
  .describe('A delivery that will not be tried again by itself.')

export type DeadLetter = z.infer<typeof deadLetter>

export const deadLetterPage = pageOf(deadLetter).describe('Dead letters, newest first.')

export type DeadLetterPage = z.infer<typeof deadLetterPage>

export const deadLetterDetail = z
  .object({
    ...deadLetter.shape,
    data: z.unknown().describe("The event's data."),
    attempts: z.array(attempt).describe('All attempts at this delivery, oldest first.'),
  })
  .describe('A dead letter with all there is to know about it.')

export type DeadLetterDetail = z.infer<typeof deadLetterDetail>

export const replayedDelivery = z
  .object({
    id: z.string(),
    eventId: z.string(),
    target: z.string(),
    status: z.literal('pending'),
    generation: z.int().min(2),
  })
  .describe('The delivery is on its way again, with all its attempts anew.')

export type ReplayedDelivery = z.infer<typeof replayedDelivery>

const failed = { httpStatus: 503, outcome: 'retryable', reason: 'http-503' } as const

export const deadLetterExample = {
  id: 'evt_01KG9Q2V7M5T3XW8E4R6YB1NDC-billing',
  eventId: 'evt_01KG9Q2V7M5T3XW8E4R6YB1NDC',
  target: 'billing',
  type: 'order.placed',
  source: 'shop',
  subject: null,
  reason: 'exhausted',
  diedAt: '2026-01-31T09:30:02.400Z',
  acceptedAt: '2026-01-31T09:30:00.000Z',
  attempts: 1,
  generation: 1,
  lastAttempt: { ...lastAttemptExample, ...failed },
} satisfies DeadLetter

export const deadLetterDetailExample = {
  ...deadLetterExample,
  data: { orderId: 'A1', total: 9.9 },
  attempts: [{ ...attemptExample, deliveryId: deadLetterExample.id, target: 'billing', ...failed }],
} satisfies DeadLetterDetail

export const replayedDeliveryExample = {
  id: deadLetterExample.id,
  eventId: deadLetterExample.eventId,
  target: 'billing',
  status: 'pending',
  generation: 2,
} satisfies ReplayedDelivery
