/** What came out of an event, in one answer: per target how it ended and what it said. */
import { z } from 'zod'
import { deliveryStatus } from './delivery.ts'
import { eventStatus } from './event.ts'
import { links, linksExample } from './links.ts'
import { time, timeOrNull } from './time.ts'

const response = z
  .object({
    contentType: z.string().nullable(),
    body: z.unknown().describe('Parsed where it was JSON, else text.'),
    truncated: z.boolean().describe('It was longer than `maxResponseBytes` of the target.'),
  })
  .describe('What the target answered; kept only for targets with `captureResponse`.')

const part = z.object({
  id: z.string(),
  target: z.string(),
  required: z.boolean().describe('Whether the event counts as failed without it.'),
  status: deliveryStatus,
  httpStatus: z.int().nullable(),
  reason: z.string().nullable(),
  attempts: z.int().min(0),
  response: response.nullable(),
})

export const aggregate = z
  .object({
    id: z.string(),
    type: z.string(),
    status: eventStatus,
    acceptedAt: time,
    settledAt: timeOrNull,
    deliveries: z.array(part).readonly(),
    links,
  })
  .describe('What came out of an event.')

export type Aggregate = z.infer<typeof aggregate>

export const aggregateExample = {
  id: 'evt_01KG9Q2V7M5T3XW8E4R6YB1NDC',
  type: 'order.placed',
  status: 'delivered',
  acceptedAt: '2026-01-31T09:30:00.000Z',
  settledAt: '2026-01-31T09:30:00.161Z',
  deliveries: [
    {
      id: 'evt_01KG9Q2V7M5T3XW8E4R6YB1NDC-crm',
      target: 'crm',
      required: true,
      status: 'delivered',
      httpStatus: 200,
      reason: null,
      attempts: 1,
      response: { contentType: 'application/json', body: { customer: 17 }, truncated: false },
    },
  ],
  links: linksExample,
} satisfies Aggregate

export const openAggregateExample = {
  ...aggregateExample,
  status: 'pending',
  settledAt: null,
  deliveries: [
    {
      id: 'evt_01KG9Q2V7M5T3XW8E4R6YB1NDC-crm',
      target: 'crm',
      required: true,
      status: 'pending',
      httpStatus: null,
      reason: null,
      attempts: 0,
      response: null,
    },
  ],
} satisfies Aggregate
