/** What streams tell (Server-Sent Events and WebSocket alike), by the name of the message. */
import { z } from 'zod'
import { lastAttempt, lastAttemptExample } from './attempt.ts'
import { deliveryStatus } from './delivery.ts'
import { event, eventExample, eventStatus } from './event.ts'
import { time, timeOrNull } from './time.ts'

const subject = {
  eventId: z.string(),
  type: z.string().nullable().describe('null when the event is no longer kept.'),
  at: time.describe('When it happened.'),
}

const ofDelivery = { ...subject, deliveryId: z.string(), target: z.string() }

/** As in a stream of Server-Sent Events, where name and place are the frame's. */
const accepted = z
  .object({ ...subject, status: z.enum(['pending', 'unrouted']) })
  .describe('An event was accepted.')

const attempt = z.object({ ...ofDelivery, attempt: lastAttempt }).describe('A delivery was attempted.')

const delivery = z
  .object({
    ...ofDelivery,
    status: deliveryStatus,
    nextAttemptAt: timeOrNull,
    generation: z.int().min(1).optional(),
  })
  .describe('The status of a delivery changed.')

const settled = z
  .object({ ...subject, status: eventStatus })
  .describe('The last delivery of an event ended. The stream of that event ends with it.')

const reset = z
  .object({ reason: z.literal('too-far-behind') })
  .describe(
    'The place to resume from is no longer kept: what came between is lost to this stream, which is live from here.',
  )

export const STREAM_MESSAGES = { accepted, attempt, delivery, settled, event, reset } as const

export type StreamMessageName = keyof typeof STREAM_MESSAGES

const about = { eventId: eventExample.id, type: eventExample.type, at: '2026-01-31T09:30:00.161Z' }

const aboutDelivery = { ...about, deliveryId: `${eventExample.id}-crm`, target: 'crm' }

export const STREAM_EXAMPLES: {
  readonly [Name in StreamMessageName]: z.infer<(typeof STREAM_MESSAGES)[Name]>
} = {
  accepted: { ...about, at: '2026-01-31T09:30:00.000Z', status: 'pending' },
  attempt: { ...aboutDelivery, attempt: lastAttemptExample },
  delivery: { ...aboutDelivery, status: 'delivered', nextAttemptAt: null, generation: 1 },
  settled: { ...about, status: 'delivered' },
  event: eventExample,
  reset: { reason: 'too-far-behind' },
}
