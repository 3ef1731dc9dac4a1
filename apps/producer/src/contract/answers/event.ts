/** The status of an event: what it is, and what each delivery has come to. */
import { EVENT_STATUSES } from '@manifold/domain'
import { z } from 'zod'
import { delivery, deliveryExample } from './delivery.ts'
import { links, linksExample } from './links.ts'
import { pageOf } from './page.ts'
import { time, timeOrNull } from './time.ts'

export const eventStatus = z
  .enum(EVENT_STATUSES)
  .describe('`pending` while a delivery may still be attempted; `unrouted` when no target wanted the event.')

export const event = z
  .object({
    id: z.string(),
    type: z.string(),
    source: z.string(),
    subject: z.string().nullable(),
    time: z.iso.datetime({ offset: true }).describe('When it happened, as its sender said.'),
    sourceId: z.string().nullable().describe('The id of the CloudEvent, where it came as one.'),
    extensions: z
      .record(z.string(), z.union([z.string(), z.int(), z.boolean()]))
      .describe('CloudEvents extension attributes.'),
    deliverAt: timeOrNull.describe('No attempt before; null when it was not put off.'),
    expiresAt: timeOrNull.describe('No attempt after.'),
    acceptedAt: time,
    settledAt: timeOrNull.describe('When its last delivery ended; null before that.'),
    status: eventStatus,
    deliveries: z.array(delivery),
    links,
  })
  .describe('The status of an event.')

export type Event = z.infer<typeof event>

export const eventPage = pageOf(event).describe('Events, newest first.')

export type EventPage = z.infer<typeof eventPage>

export const eventExample = {
  id: 'evt_01KG9Q2V7M5T3XW8E4R6YB1NDC',
  type: 'order.placed',
  source: 'shop',
  subject: null,
  time: '2026-01-31T09:30:00Z',
  sourceId: null,
  extensions: {},
  deliverAt: null,
  expiresAt: null,
  acceptedAt: '2026-01-31T09:30:00.000Z',
  settledAt: '2026-01-31T09:30:00.161Z',
  status: 'delivered',
  deliveries: [deliveryExample],
  links: linksExample,
} satisfies Event
