/** The headers that mean something in requests and answers, each with its JSON Schema. */

export const REQUEST_HEADERS = {
  'Idempotency-Key': {
    description:
      'Names this request, for 24 hours: the same body gets the same answer, another body is refused. Use a new one for each new event.',
    schema: { type: 'string', minLength: 1, maxLength: 255 },
  },
  'If-None-Match': {
    description: 'The `ETag` of the copy you have: answered with 304 when it is still good.',
    schema: { type: 'string' },
  },
  Prefer: {
    description:
      '`wait=10`: answer when all deliveries have ended, or after so many seconds, at most 60 (RFC 7240).',
    schema: { type: 'string' },
  },
  'ce-specversion': {
    description: 'Makes the body the data of a CloudEvent (binary mode), of any media type.',
    schema: { type: 'string', const: '1.0' },
  },
  'ce-id': { description: 'The id of the CloudEvent.', schema: { type: 'string' } },
  'ce-source': { description: 'Its source, a URI reference.', schema: { type: 'string' } },
  'ce-type': {
    description: 'Its type. Other attributes are headers likewise; percent-encoded where they are not ASCII.',
    schema: { type: 'string' },
  },
  'X-Hub-Signature-256': {
    description: 'How GitHub proves who sends; each kind of source has its own way.',
    schema: { type: 'string' },
  },
  'Last-Event-ID': {
    description: 'The `id` of the last message you saw; browsers send it by themselves.',
    schema: { type: 'string' },
  },
  traceparent: {
    description: 'W3C Trace Context: passed on to targets.',
    schema: { type: 'string' },
  },
} as const

export type RequestHeader = keyof typeof REQUEST_HEADERS

export const ANSWER_HEADERS = {
  'X-Request-Id': {
    description: 'Names this request in the log; taken from the request where it sent one.',
    schema: { type: 'string' },
  },
  Location: { description: 'Where to look next.', schema: { type: 'string', format: 'uri-reference' } },
  'Idempotent-Replayed': {
    description: 'There when this request was answered before, and nothing new was stored.',
    schema: { type: 'string', const: 'true' },
  },
  'Preference-Applied': {
    description: 'There when the answer was waited for.',
    schema: { type: 'string', pattern: '^wait=[0-9]+$' },
  },
  Vary: { description: 'The request headers that it depends on.', schema: { type: 'string' } },
  'Retry-After': {
    description: 'When it is worth asking again, in seconds.',
    schema: { type: 'string', pattern: '^[0-9]+$' },
  },
  'RateLimit-Policy': {
    description: 'There when the caller is limited: `q` in each window of `w` seconds.',
    schema: { type: 'string', pattern: '^"(publish|read)";q=[0-9]+;w=[0-9]+$' },
  },
  RateLimit: {
    description: 'There when the caller is limited: `r` are left, and the window ends in `t` seconds.',
    schema: { type: 'string', pattern: '^"(publish|read)";r=[0-9]+;t=[0-9]+$' },
  },
  'WWW-Authenticate': { description: 'How to prove who you are.', schema: { type: 'string' } },
  Allow: { description: 'The methods the path takes.', schema: { type: 'string' } },
  ETag: {
    description: 'Names this state; give it back in `If-None-Match`.',
    schema: { type: 'string', pattern: '^"[^"]*"$' },
  },
  'Cache-Control': { description: 'Whether a copy may be kept.', schema: { type: 'string' } },
} as const

export type AnswerHeader = keyof typeof ANSWER_HEADERS
