/** Operations of `/v1/events`. */
import { eventStatusQuery } from '../../http/event-status.ts'
import { listQuery } from '../../http/events.ts'
import * as answers from '../answers/index.ts'
import type { Operation } from '../operation.ts'
import { JSON_PROBLEMS } from '../problems-of.ts'
import { CLOUD_EVENT } from './cloud-event-example.ts'

const publishEvent: Operation = {
  id: 'publishEvent',
  method: 'post',
  path: '/v1/events',
  tag: 'events',
  summary: 'Accept an event',
  description:
    'A 202 means: the event is in Redis with all its deliveries, and will be fanned out whatever happens next. Sending it again is safe with an `Idempotency-Key` or an `id`.',
  scope: 'publish',
  headers: ['Idempotency-Key', 'Prefer', 'traceparent', 'ce-specversion', 'ce-id', 'ce-source', 'ce-type'],
  body: {
    'application/json': 'EventInput',
    'application/cloudevents+json': 'CloudEvent',
    'application/cloudevents-batch+json': 'CloudEventBatch',
    '*/*': 'text',
  },
  answers: {
    200: {
      description:
        'It was waited for, and all its deliveries have ended; or a batch of CloudEvents, each with its result.',
      sometimes: ['Location', 'Preference-Applied', 'Vary', 'Idempotent-Replayed'],
      content: {
        'application/json': { schema: ['Aggregate', 'BatchResult'], example: answers.aggregateExample },
      },
    },
    202: {
      description: 'It is durable, and on its way.',
      headers: ['Location', 'Retry-After', 'Vary'],
      sometimes: ['Idempotent-Replayed', 'Preference-Applied'],
      content: { 'application/json': { schema: 'Accepted', example: answers.acceptedExample } },
    },
  },
  problems: [
    ...JSON_PROBLEMS,
    'json-too-deep',
    'invalid-cloud-event',
    'invalid-batch',
    'invalid-idempotency-key',
    'event-id-taken',
    'target-overloaded',
    'overloaded',
    'invalid-event',
    'type-not-allowed',
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
          extensions: { tenant: 'acme' },
          targets: ['crm'],
          data: { orderId: 'A3', total: 12.5 },
        },
      },
      status: 202,
    },
    {
      name: 'later',
      summary: 'Not before an hour from now, and not after a given time',
      body: {
        type: 'application/json',
        value: {
          type: 'order.reminder',
          delayMs: 3_600_000,
          expiresAt: '2099-12-31T23:59:59Z',
          data: { orderId: 'A4' },
        },
      },
      status: 202,
    },
    {
      name: 'cloudEvent',
      summary: 'As a CloudEvent in structured mode',
      body: { type: 'application/cloudevents+json', value: CLOUD_EVENT },
      status: 202,
    },
    {
      name: 'binaryCloudEvent',
      summary: 'As a CloudEvent in binary mode: the body is its data, of any media type',
      headers: { 'ce-specversion': '1.0', 'ce-id': 'C3', 'ce-source': '/shops/7', 'ce-type': 'order.noted' },
      body: { type: 'text/plain', value: 'left at the door' },
      status: 202,
    },
    {
      name: 'cloudEventBatch',
      summary: 'As a batch of CloudEvents',
      body: { type: 'application/cloudevents-batch+json', value: [{ ...CLOUD_EVENT, id: 'C4' }] },
      status: 200,
    },
    {
      name: 'wait',
      summary: 'With one answer for all targets',
      headers: { Prefer: 'wait=10' },
      body: {
        type: 'application/json',
        value: { type: 'order.placed', targets: ['crm'], data: { orderId: 'A5', total: 7 } },
      },
      status: 200,
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
  summary: 'Read the status of an event, or wait for it',
  description:
    'Polling is cheap with `If-None-Match`. Waiting is cheaper: with `wait` the answer comes as soon as the event has settled, or after that many seconds as it is then.',
  scope: 'read',
  query: eventStatusQuery,
  headers: ['If-None-Match'],
  answers: {
    200: {
      description: 'The event and each of its deliveries.',
      headers: ['ETag', 'Cache-Control'],
      sometimes: ['Retry-After'],
      content: { 'application/json': { schema: 'Event', example: answers.eventExample } },
    },
    304: {
      description: 'It is as you know it.',
      headers: ['ETag', 'Cache-Control'],
      sometimes: ['Retry-After'],
    },
  },
  problems: ['invalid-query', 'event-not-found'],
  examples: [
    { name: 'now', summary: 'As it is now', status: 200 },
    {
      name: 'unchanged',
      summary: 'Only if it is another one than before',
      headers: { 'If-None-Match': '"Pq3vJ0b8mN5xY2cW7dTf1kLzR4s"' },
      status: 304,
    },
    { name: 'settled', summary: 'When it has settled', query: { wait: '30' }, status: 200 },
    {
      name: 'changed',
      summary: 'When it has changed',
      query: { wait: '1', waitFor: 'change' },
      headers: { 'If-None-Match': '"an-older-one"' },
      status: 200,
    },
  ],
}

const cancelEvent: Operation = {
  id: 'cancelEvent',
  method: 'delete',
  path: '/v1/events/{eventId}',
  tag: 'events',
  summary: 'Cancel what was not attempted yet',
  description: 'Its deliveries become `cancelled`. Cancelling twice is cancelling once.',
  scope: 'publish',
  answers: {
    200: {
      description: 'The event as it is now.',
      content: {
        'application/json': {
          schema: 'Event',
          example: {
            ...answers.eventExample,
            status: 'cancelled',
            deliveries: [
              {
                ...answers.deliveryExample,
                status: 'cancelled',
                attempts: 0,
                deliveredAt: null,
                lastAttempt: null,
              },
            ],
          } satisfies answers.Event,
        },
      },
    },
  },
  problems: ['event-not-found', 'event-not-cancellable', 'newer-record'],
}

const readResult: Operation = {
  id: 'readResult',
  method: 'get',
  path: '/v1/events/{eventId}/result',
  tag: 'events',
  summary: 'Read what came out of an event',
  description: 'Per target how it ended, and what it answered where its answers are kept.',
  scope: 'read',
  answers: {
    200: {
      description: 'It has settled.',
      headers: ['Cache-Control'],
      content: { 'application/json': { schema: 'Aggregate', example: answers.aggregateExample } },
    },
    202: {
      description: 'It has not settled yet: as far as it has come.',
      headers: ['Cache-Control', 'Location', 'Retry-After'],
      content: { 'application/json': { schema: 'Aggregate', example: answers.openAggregateExample } },
    },
  },
  problems: ['event-not-found'],
  examples: [
    { name: 'settled', summary: 'Of an event that has settled', status: 200 },
    { name: 'pending', summary: 'Of one that has not', status: 202 },
  ],
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

export const eventOperations: readonly Operation[] = [
  publishEvent,
  listEvents,
  readEvent,
  cancelEvent,
  readResult,
  listAttempts,
]
