/** What is answered to an event that was accepted. */
import { z } from 'zod'
import { deliveryStatus } from './delivery.ts'
import { eventStatus } from './event.ts'
import { links, linksExample } from './links.ts'
import { time } from './time.ts'

export const accepted = z
  .object({
    id: z.string(),
    type: z.string(),
    status: eventStatus,
    acceptedAt: time,
    deliveries: z.array(
      z.object({
        id: z.string(),
        target: z.string(),
        status: deliveryStatus,
      }),
    ),
    links,
  })
  .describe(
    'The event is durable, with all its deliveries. Their statuses are `pending`, unless the answer was waited for.',
  )

export type Accepted = z.infer<typeof accepted>

export const acceptedExample = {
  id: 'evt_01KG9Q2V7M5T3XW8E4R6YB1NDC',
  type: 'order.placed',
  status: 'pending',
  acceptedAt: '2026-01-31T09:30:00.000Z',
  deliveries: [{ id: 'evt_01KG9Q2V7M5T3XW8E4R6YB1NDC-crm', target: 'crm', status: 'pending' }],
  links: linksExample,
} satisfies Accepted
