/** What goes over the WebSocket besides the messages of streams: what the client asks for, and how that went. */
import { eventInputSchema } from '@manifold/domain'
import { z } from 'zod'
import { accepted, acceptedExample } from './accepted.ts'
import { event, eventExample, eventStatus } from './event.ts'
import { problem, problemExample } from './problem.ts'
import { STREAM_EXAMPLES, STREAM_MESSAGES } from './stream-messages.ts'

const ref = z.string().max(128).optional().describe('Chosen by the client; the answer has the same.')

const publish = z
  .strictObject({
    do: z.literal('publish'),
    ref,
    event: eventInputSchema,
    idempotencyKey: z.string().min(1).max(255).optional(),
  })
  .describe('Publish an event, as `POST /v1/events` does.')

const subscribe = z
  .strictObject({
    do: z.literal('subscribe'),
    ref,
    eventId: z.string().optional().describe('Follow this event only.'),
    type: z.string().optional().describe('A pattern of types, such as `order.*`.'),
    target: z.string().optional().describe('The name of a target.'),
    status: z.string().optional().describe('A status of events or deliveries.'),
    after: z.string().optional().describe('The `id` of the last message that was seen.'),
  })
  .describe('Follow one event, or all that fit.')

const unsubscribe = z
  .strictObject({ do: z.literal('unsubscribe'), ref, subscription: z.string() })
  .describe('End a subscription.')

export const SOCKET_REQUESTS = { publish, subscribe, unsubscribe } as const

export const SOCKET_REQUEST_EXAMPLES: {
  readonly [Name in keyof typeof SOCKET_REQUESTS]: z.infer<(typeof SOCKET_REQUESTS)[Name]>
} = {
  publish: { do: 'publish', ref: '1', event: { type: 'order.placed', data: { orderId: 'A1', total: 9.9 } } },
  subscribe: { do: 'subscribe', ref: '2', type: 'order.*' },
  unsubscribe: { do: 'unsubscribe', ref: '3', subscription: '1' },
}

/** A message of a stream has its place and its subscription in itself. */
const told = {
  id: z.string().describe('Its place: where to resume with `after`.'),
  subscription: z.string(),
}

const toldExample = { id: '1760000000000-0.1', subscription: '1' }

const { accepted: acceptedInStream, attempt, delivery, settled, reset } = STREAM_MESSAGES

export const SOCKET_ANSWERS = {
  published: z
    .object({
      message: z.literal('published'),
      ref,
      duplicate: z.boolean().describe('It was stored before.'),
      ...accepted.shape,
      status: z.literal(202).describe('As a POST would have had.'),
      eventStatus,
    })
    .describe('The event is durable.'),
  subscribed: z
    .object({ message: z.literal('subscribed'), ref, ...told })
    .describe('Messages of the subscription follow.'),
  unsubscribed: z
    .object({ message: z.literal('unsubscribed'), ref, subscription: z.string() })
    .describe('No more messages of the subscription follow.'),
  ended: z
    .object({ message: z.literal('ended'), subscription: z.string() })
    .describe('The event has settled: nothing more follows.'),
  refused: z
    .object({ message: z.literal('refused'), ref, problem })
    .describe('What was asked for was refused.'),
  heartbeat: z
    .object({ message: z.literal('heartbeat'), ...told })
    .describe('Nothing happened, and the subscription lives.'),
  accepted: acceptedInStream.extend({ message: z.literal('accepted'), ...told }),
  attempt: attempt.extend({ message: z.literal('attempt'), ...told }),
  delivery: delivery.extend({ message: z.literal('delivery'), ...told }),
  settled: settled.extend({ message: z.literal('settled'), ...told }),
  // An event has an `id` of its own: it stands within.
  event: z.object({ message: z.literal('event'), ...told, event }).describe('The event as it is now.'),
  reset: reset.extend({ message: z.literal('reset'), ...told }),
} as const

export const SOCKET_ANSWER_EXAMPLES: {
  readonly [Name in keyof typeof SOCKET_ANSWERS]: z.infer<(typeof SOCKET_ANSWERS)[Name]>
} = {
  published: {
    message: 'published',
    ref: '1',
    duplicate: false,
    ...acceptedExample,
    status: 202,
    eventStatus: 'pending',
  },
  subscribed: { message: 'subscribed', ref: '2', ...toldExample },
  unsubscribed: { message: 'unsubscribed', ref: '3', subscription: '1' },
  ended: { message: 'ended', subscription: '1' },
  refused: { message: 'refused', ref: '1', problem: problemExample('invalid-event') },
  heartbeat: { message: 'heartbeat', ...toldExample },
  accepted: { message: 'accepted', ...toldExample, ...STREAM_EXAMPLES.accepted },
  attempt: { message: 'attempt', ...toldExample, ...STREAM_EXAMPLES.attempt },
  delivery: { message: 'delivery', ...toldExample, ...STREAM_EXAMPLES.delivery },
  settled: { message: 'settled', ...toldExample, ...STREAM_EXAMPLES.settled },
  event: { message: 'event', ...toldExample, event: eventExample },
  reset: { message: 'reset', ...toldExample, ...STREAM_EXAMPLES.reset },
}
