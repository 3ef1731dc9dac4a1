/**
 * The AsyncAPI 3 document: streams (Server-Sent Events), the WebSocket, and callbacks.
 *
 * Operations are named from Manifold's side: it sends messages, and receives what clients ask for.
 */
import { VERSION } from '@manifold/runtime'
import {
  settledCallbackExample,
  SOCKET_ANSWER_EXAMPLES,
  SOCKET_ANSWERS,
  SOCKET_REQUEST_EXAMPLES,
  SOCKET_REQUESTS,
  STREAM_EXAMPLES,
  STREAM_MESSAGES,
  type StreamMessageName,
} from './answers/index.ts'
import { PATH_PARAMETERS } from './path-parameters.ts'
import { refTo, schemasReferredToBy, type SchemaName } from './schemas.ts'

const STREAM_NAMES = Object.keys(STREAM_MESSAGES) as StreamMessageName[]
const REQUEST_NAMES = Object.keys(SOCKET_REQUESTS) as (keyof typeof SOCKET_REQUESTS)[]
const ANSWER_NAMES = Object.keys(SOCKET_ANSWERS) as (keyof typeof SOCKET_ANSWERS)[]

/** The document, as an object. */
export function asyncApiDocument() {
  const messages: Record<string, Message> = {
    ...streamMessages(),
    ...socketMessages(),
    'event.settled': message('SettledCallback', 'An event was settled', settledCallbackExample, {
      headers: CALLBACK_HEADERS,
    }),
  }
  return {
    asyncapi: '3.0.0',
    info: {
      title: 'Manifold streams and callbacks',
      version: VERSION,
      description:
        'What Manifold tells by itself: attempts and changes as they happen, and the end of an event. The rest is in /openapi.json.',
      license: { name: 'MIT', url: 'https://spdx.org/licenses/MIT.html' },
    },
    defaultContentType: 'application/json',
    channels: channels(),
    operations: operations(),
    components: { messages, schemas: schemasReferredToBy(messages) },
  }
}

type Message = {
  readonly title: string
  readonly payload: { readonly $ref: string }
  readonly examples: readonly { readonly payload: unknown }[]
  readonly headers?: object
}

function message(schema: SchemaName, title: string, example: unknown, more: object = {}): Message {
  return { title, payload: refTo(schema), examples: [{ payload: example }], ...more }
}

function streamMessages() {
  return Object.fromEntries(
    STREAM_NAMES.map((name) => [name, message(`Stream-${name}`, name, STREAM_EXAMPLES[name])]),
  )
}

function socketMessages() {
  const examples = { ...SOCKET_ANSWER_EXAMPLES, ...SOCKET_REQUEST_EXAMPLES }
  return Object.fromEntries(
    [...ANSWER_NAMES, ...REQUEST_NAMES].map((name) => [
      `socket.${name}`,
      message(`Socket-${name}`, name, examples[name]),
    ]),
  )
}

const CALLBACK_HEADERS = {
  type: 'object',
  required: ['webhook-id', 'webhook-timestamp', 'webhook-signature'],
  properties: {
    'webhook-id': { type: 'string', description: 'The same over all attempts: act on it once.' },
    'webhook-timestamp': { type: 'string', description: 'Seconds since 1970: refuse what is old.' },
    'webhook-signature': {
      type: 'string',
      description: '`v1,` and the base64 HMAC-SHA256 of `{id}.{timestamp}.{body}`.',
    },
  },
}

const SSE =
  'Server-Sent Events: `event:` is the name of the message, `id:` its place, `data:` its payload. A comment every 15 seconds shows that the connection lives. Resume with `Last-Event-ID` or `?lastEventId=`.'

const SOCKET_NAMES = [...ANSWER_NAMES, ...REQUEST_NAMES].map((name) => `socket.${name}`)

function channels() {
  return {
    event: {
      address: '/v1/events/{eventId}/stream',
      title: 'One event',
      description: `${SSE} Starts with \`event\`, and ends after \`settled\`.`,
      parameters: { eventId: parameter('eventId') },
      messages: messageRefs(STREAM_NAMES),
      bindings: { http: {} },
    },
    live: {
      address: '/v1/stream',
      title: 'All events that fit',
      description: `${SSE} Filters: \`type\` (a pattern such as \`order.*\`), \`target\`, \`status\`.`,
      messages: messageRefs(STREAM_NAMES.filter((name) => name !== 'event')),
      bindings: { http: {} },
    },
    socket: {
      address: '/v1/ws',
      title: 'WebSocket',
      description:
        'The same messages, and requests to publish and to subscribe; each is answered under its `ref`. A key or a token comes in `Authorization`, or from browsers as the subprotocol `manifold.bearer.<key>`, offered beside `manifold`. When a token expires, the connection is closed with 1008. An answer with the problem `rate-limited` says when to go on. A request that cannot be upgraded meets the problem `upgrade-required`, a page of another origin `origin-not-allowed`.',
      messages: messageRefs(SOCKET_NAMES),
      bindings: { ws: { method: 'GET' } },
    },
    callback: {
      address: '{callbackUrl}',
      title: 'Callback',
      description:
        'A POST to the `callbackUrl` of an event when it is settled, signed after Standard Webhooks 1.0, with retries and dead letters as for any target.',
      parameters: { callbackUrl: { description: 'As the event had it.' } },
      messages: messageRefs(['event.settled']),
      bindings: { http: {} },
    },
  }
}

function parameter(name: string) {
  const known = PATH_PARAMETERS[name]
  return { description: known?.description ?? name, examples: known === undefined ? [] : [known.example] }
}

function messageRefs(names: readonly string[]) {
  return Object.fromEntries(names.map((name) => [name, { $ref: `#/components/messages/${name}` }]))
}

function operations() {
  const key = [
    { type: 'http', scheme: 'bearer', description: 'A key with the scope `read`.' },
    { type: 'http', scheme: 'bearer', bearerFormat: 'JWT', description: 'A token with the scope `read`.' },
  ]
  const signature = [{ type: 'httpApiKey', name: 'webhook-signature', in: 'header' }]
  return {
    followEvent: { ...does('send', 'event', STREAM_NAMES), title: 'Tell of one event', security: key },
    followEvents: {
      ...does(
        'send',
        'live',
        STREAM_NAMES.filter((name) => name !== 'event'),
      ),
      title: 'Tell of all events that fit',
      security: key,
    },
    tellSocket: {
      ...does(
        'send',
        'socket',
        ANSWER_NAMES.map((name) => `socket.${name}`),
      ),
      title: 'Tell a socket what it subscribed to, and how its requests went',
      security: key,
    },
    askSocket: {
      ...does(
        'receive',
        'socket',
        REQUEST_NAMES.map((name) => `socket.${name}`),
      ),
      title: 'Be asked over a socket',
      security: key,
    },
    callBack: { ...does('send', 'callback', ['event.settled']), title: 'Call back', security: signature },
  }
}

function does(action: 'send' | 'receive', channel: string, names: readonly string[]) {
  return {
    action,
    channel: { $ref: `#/channels/${channel}` },
    messages: names.map((name) => ({ $ref: `#/channels/${channel}/messages/${name}` })),
  }
}
