/** Operations of `/v1/events`. */
import { listQuery } from '../../http/events.ts'
import * as answers from '../answers/index.ts'
import type { Operation } from '../operation.ts'

const publishEvent: Operation = {
  id: 'publishEvent',
  method: 'post',
  path: '/v1/events',
  tag: 'events',
  summary: 'Accept an event',
  description:
    'A 202 means: the event is in Redis with all its deliveries, and will be fanned out whatever happens next. Sending it again is safe with an `Idempotency-Key` or an `id`.',
  scope: 'publish',
  headers: ['Idempotency-Key', 'traceparent'],
  body: { 'application/json': 'EventInput' },
  answers: {
    202: {
      description: 'It is durable, and on its way.',
      headers: ['Location'],
      sometimes: ['Idempotent-Replayed'],
      content: { 'application/json': { schema: 'Accepted', example: answers.acceptedExample } },
    },
  },
  problems: [
    'json-too-deep',
    'invalid-idempotency-key',
    'event-id-taken',
    'invalid-event',
    'unknown-target',
    'idempotency-key-reused',
  ],
  examples: [
    {
      name: 'minimal',
      summary: 'A type and its data',
      body: {
        type: 'application/json',
        value: { type: 'order.placed', data: { orderId: 'A1', total: 9.9 } },
      },
      status: 202,
    },
    {
      name: 'idempotent',
      summary: 'With a key that makes sending it again safe',
      headers: {
        'Idempotency-Key': '8e03978e-40d5-43dd-bc93-6894a57f9324',
        traceparent: '00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01',
      },
      body: {
        type: 'application/json',
        value: { type: 'order.placed', data: { orderId: 'A2', total: 20 } },
      },
      status: 202,
    },
    {
      name: 'full',
      summary: 'With an id of your own, for one target only',
      body: {
        type: 'application/json',
        value: {
          type: 'order.placed',
          id: 'order-A3',
          source: '/shops/7',
          subject: 'orders/A3',
          time: '2026-01-31T09:30:00+01:00',
          targets: ['crm'],
          data: { orderId: 'A3', total: 12.5 },
        },
      },
      status: 202,
    },
  ],
}

const listEvents: Operation = {
  id: 'listEvents',
  method: 'get',
  path: '/v1/events',
  tag: 'events',
  summary: 'List recent events',
  description: 'Newest first. A page with a rare filter may be short and still have a `nextCursor`.',
  scope: 'read',
  query: listQuery,
  answers: {
    200: {
      description: 'A page of events.',
      content: {
        'application/json': {
          schema: 'EventPage',
          example: { items: [answers.eventExample], nextCursor: null } satisfies answers.EventPage,
        },
      },
    },
  },
  problems: ['invalid-query', 'invalid-cursor'],
  examples: [
    { name: 'newest', summary: 'The newest', status: 200 },
    {
      name: 'filtered',
      summary: 'Of one type and status, within a time',
      query: {
        type: 'order.placed',
        status: 'partially_delivered',
        after: '2026-01-01T00:00:00Z',
        before: '2027-01-01T00:00:00Z',
        limit: '20',
      },
      status: 200,
    },
    {
      name: 'next',
      summary: 'The next page',
      query: { cursor: 'WzE3Njk4NTE4MDAwMDAsImV2dF8wMUtHOVEyVjdNNVQzWFc4RTRSNllCMU5EQyJd' },
      status: 200,
    },
  ],
}

const readEvent: Operation = {
  id: 'readEvent',
  method: 'get',
  path: '/v1/events/{eventId}',
  tag: 'events',
  summary: 'Read the status of an event',
  scope: 'read',
  answers: {
    200: {
      description: 'The event and each of its deliveries.',
      content: { 'application/json': { schema: 'Event', example: answers.eventExample } },
    },
  },
  problems: ['event-not-found'],
}

const listAttempts: Operation = {
  id: 'listAttempts',
  method: 'get',
  path: '/v1/events/{eventId}/attempts',
  tag: 'events',
  summary: 'List every attempt at an event',
  scope: 'read',
  answers: {
    200: {
      description: 'All attempts at all its deliveries, oldest first.',
      content: {
        'application/json': {
          schema: 'AttemptList',
          example: { items: [answers.attemptExample], nextCursor: null } satisfies answers.AttemptList,
        },
      },
    },
  },
  problems: ['event-not-found'],
}

export const eventOperations: readonly Operation[] = [publishEvent, listEvents, readEvent, listAttempts]
