/** Operations of streams. The WebSocket is the AsyncAPI document's. */
import { z } from 'zod'
import { DELIVERY_STATUSES, EVENT_STATUSES } from '@manifold/domain'
import { STREAM_EXAMPLES } from '../answers/index.ts'
import type { Answer, Operation } from '../operation.ts'

const resume = {
  lastEventId: z
    .string()
    .optional()
    .describe('Resume behind this message; `Last-Event-ID`, where there is one, is newer.'),
}

const feedQuery = z.strictObject({
  ...resume,
  type: z.string().optional().describe('A type, or a pattern such as `order.*`.'),
  target: z.string().optional().describe('The name of a target: its attempts and deliveries only.'),
  status: z
    .enum([...new Set([...EVENT_STATUSES, ...DELIVERY_STATUSES])])
    .optional()
    .describe('Messages with this status only, of an event or of a delivery.'),
})

function frames(...names: (keyof typeof STREAM_EXAMPLES)[]): Answer {
  const example = names
    .map(
      (name) => `event: ${name}\nid: 1760000000000-0.1\ndata: ${JSON.stringify(STREAM_EXAMPLES[name])}\n\n`,
    )
    .join('')
  return {
    description: 'Server-Sent Events: `event` is the name of a message, `id` its place, `data` its JSON.',
    headers: ['Cache-Control'],
    content: { 'text/event-stream': { schema: { each: 'StreamMessage' }, example } },
  }
}

const followEvent: Operation = {
  id: 'followEvent',
  method: 'get',
  path: '/v1/events/{eventId}/stream',
  tag: 'events',
  summary: 'Follow an event',
  description:
    'Begins with `event`, tells of attempts and changes as they happen, and ends after `settled`. Resume with `Last-Event-ID`: nothing is left out or told twice, or `reset` says so.',
  scope: 'read',
  query: z.strictObject(resume),
  headers: ['Last-Event-ID'],
  answers: {
    200: frames('event', 'settled'),
    204: { description: 'You have been told everything: do not come back.' },
  },
  problems: ['invalid-query', 'event-not-found', 'too-many-followers'],
  examples: [
    { name: 'whole', summary: 'From the beginning', status: 200 },
    {
      name: 'resume',
      summary: 'From where it broke off',
      headers: { 'Last-Event-ID': '1760000000000-0.1' },
      status: 200,
    },
  ],
}

const followEvents: Operation = {
  id: 'followEvents',
  method: 'get',
  path: '/v1/stream',
  tag: 'events',
  summary: 'Follow all events that fit',
  description:
    'Live, without an end. Each filter may be given once; a message passes when it fits all of them.',
  scope: 'read',
  query: feedQuery,
  headers: ['Last-Event-ID'],
  answers: { 200: frames('accepted', 'attempt', 'delivery', 'settled') },
  problems: ['invalid-query', 'too-many-followers'],
  examples: [
    { name: 'all', summary: 'Everything from now on', status: 200 },
    {
      name: 'filtered',
      summary: 'What one target took of some types',
      query: { type: 'order.*', target: 'crm', status: 'delivered' },
      status: 200,
    },
    {
      name: 'resume',
      summary: 'From where it broke off',
      headers: { 'Last-Event-ID': '1760000000000-0.1' },
      status: 200,
    },
  ],
}

export const streamOperations: readonly Operation[] = [followEvent, followEvents]
