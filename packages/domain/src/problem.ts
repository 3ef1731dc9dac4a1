/**
 * The catalogue of errors an HTTP caller can meet (RFC 9457): a stable code, its status, its title and the fix.
 *
 * `docs/errors.md` lists the same codes; a contract test keeps the two equal. A code, once released, keeps its meaning.
 */

export type ProblemDefinition = { readonly status: number; readonly title: string; readonly fix: string }

export const PROBLEMS = {
  'malformed-request': {
    status: 400,
    title: 'This is not HTTP',
    fix: 'Send a request as RFC 9112 says; `detail` says what is wrong. Look at what stands between the client and here.',
  },
  'malformed-json': {
    status: 400,
    title: 'The body is not JSON',
    fix: 'Send one JSON document; `detail` says where parsing stopped.',
  },
  'invalid-utf8': {
    status: 400,
    title: 'The body is not UTF-8',
    fix: 'Encode the body as UTF-8 (RFC 8259, section 8.1).',
  },
  'json-too-deep': {
    status: 400,
    title: 'The JSON is nested too deeply',
    fix: 'Flatten the document to at most 64 levels.',
  },
  'inexact-number': {
    status: 400,
    title: 'A number would not arrive as it was sent',
    fix: 'Send whole numbers beyond 2^53 and other large numbers as strings.',
  },
  'request-aborted': {
    status: 400,
    title: 'The body ended early',
    fix: 'Send as many bytes as `Content-Length` announces; nothing was stored.',
  },
  'invalid-query': {
    status: 400,
    title: 'A query parameter is wrong',
    fix: 'Correct the parameters listed in `errors`.',
  },
  'invalid-cursor': {
    status: 400,
    title: 'The cursor is not one of ours',
    fix: 'Use `nextCursor` exactly as the previous page gave it, with the same filters.',
  },
  'invalid-idempotency-key': {
    status: 400,
    title: 'The Idempotency-Key is malformed',
    fix: 'Send 1 to 255 printable ASCII characters, the same for each try of one request.',
  },
  unauthenticated: {
    status: 401,
    title: 'No valid API key or token',
    fix: 'Send `Authorization: Bearer <key>` with a key whose hash is in MANIFOLD_API_KEYS, or a token of the configured issuer; `detail` says what is wrong.',
  },
  'invalid-webhook-signature': {
    status: 401,
    title: 'The webhook is not signed by its sender',
    fix: 'Sign with the secret that the source is configured with, over the bytes as they are sent, and with a clock that is right.',
  },
  'missing-scope': {
    status: 403,
    title: 'The key lacks a scope',
    fix: 'Use a key with the scope named in `detail`.',
  },
  'type-not-allowed': {
    status: 403,
    title: 'The key is for events of other types',
    fix: 'Publish events whose types fit the patterns of the key, or use another key.',
  },
  'origin-not-allowed': {
    status: 403,
    title: 'Pages of this origin may not connect',
    fix: 'Add the origin to MANIFOLD_ALLOWED_ORIGINS, or connect from a server.',
  },
  'host-not-allowed': {
    status: 403,
    title: 'The producer is not asked by a name of this machine',
    fix: 'Without keys ask it as localhost or 127.0.0.1; else configure keys, or name the address in MANIFOLD_ALLOWED_ORIGINS.',
  },
  'route-not-found': {
    status: 404,
    title: 'No such path',
    fix: 'See the README for the paths; all of them start with /v1 but for the health checks.',
  },
  'event-not-found': {
    status: 404,
    title: 'No such event',
    fix: 'Check the id; settled events are kept for MANIFOLD_RETENTION_SETTLED_MS (24 h by default).',
  },
  'dead-letter-not-found': {
    status: 404,
    title: 'No such dead letter',
    fix: 'Check the delivery id with GET /v1/admin/dead-letters.',
  },
  'replay-not-found': {
    status: 404,
    title: 'No such replay',
    fix: 'Use the `Location` the replay was answered with; progress is kept for 7 days.',
  },
  'target-not-found': {
    status: 404,
    title: 'No such target',
    fix: 'See GET /v1/admin/targets for the names in the config.',
  },
  'source-not-found': {
    status: 404,
    title: 'No such source',
    fix: 'See `sources` in the config for the paths.',
  },
  'method-not-allowed': {
    status: 405,
    title: 'The path does not take this method',
    fix: 'Use one of the methods in the `Allow` header.',
  },
  'request-timeout': {
    status: 408,
    title: 'The request did not come in time',
    fix: 'Send the headers within 20 s and all of it within 60 s; nothing was stored.',
  },
  'event-id-taken': {
    status: 409,
    title: 'Another event has this id',
    fix: 'Choose a new `id`, or leave it out; the same id with the same body answers as the first time.',
  },
  'event-not-cancellable': {
    status: 409,
    title: 'Nothing of the event can be cancelled any more',
    fix: 'Look at its deliveries: each was attempted or has ended; a dead letter can be discarded.',
  },
  'delivery-not-dead': {
    status: 409,
    title: 'The delivery is not a dead letter',
    fix: 'Look at its event: it was replayed, discarded or delivered in the meantime.',
  },
  'body-too-large': {
    status: 413,
    title: 'The body is too large',
    fix: 'Send a smaller body, or raise MANIFOLD_MAX_BODY_BYTES (of a JSON array of events: MANIFOLD_MAX_BATCH_BYTES).',
  },
  'unsupported-media-type': {
    status: 415,
    title: 'The content type is not taken here',
    fix: 'Send JSON (`application/json`), a CloudEvent, or what `detail` names, in UTF-8, uncompressed or gzip, deflate or br.',
  },
  'invalid-event': {
    status: 422,
    title: 'The event has missing or wrong fields',
    fix: 'Correct the fields listed in `errors`, each with its path.',
  },
  'invalid-request': {
    status: 422,
    title: 'The body has missing or wrong fields',
    fix: 'Correct the fields listed in `errors`, each with its path.',
  },
  'unknown-target': {
    status: 422,
    title: 'The event names a target that is not configured',
    fix: 'Correct `targets`, or add the target to the config and restart the producer.',
  },
  'idempotency-key-reused': {
    status: 422,
    title: 'The Idempotency-Key was used with another body',
    fix: 'Use a new key for a new request; a key belongs to one body for 24 hours.',
  },
  'invalid-cloud-event': {
    status: 422,
    title: 'The CloudEvent breaks a rule of the specification',
    fix: 'Correct the attributes listed in `errors` (CloudEvents 1.0).',
  },
  'invalid-batch': {
    status: 422,
    title: 'The batch is not a list of events',
    fix: 'Send a JSON array of events, or one event a line as application/x-ndjson.',
  },
  'webhook-refused': {
    status: 422,
    title: 'The webhook cannot become an event',
    fix: 'Correct `toEvent` of the source; the log has the reason. Nothing was stored.',
  },
  'upgrade-required': {
    status: 426,
    title: 'This path speaks WebSocket',
    fix: 'Connect with a WebSocket client, or follow GET /v1/stream instead.',
  },
  'rate-limited': {
    status: 429,
    title: 'The caller asks more often than it may',
    fix: 'Go on after `Retry-After` seconds, with the same Idempotency-Key; the limit is in `RateLimit-Policy` and MANIFOLD_RATE_LIMIT.',
  },
  'headers-too-large': {
    status: 431,
    title: 'The headers are too large',
    fix: 'Send at most 16 KiB of request line and headers.',
  },
  'target-overloaded': {
    status: 429,
    title: 'Too much waits for a target of this event',
    fix: 'Retry after `Retry-After` seconds, with the same Idempotency-Key, or raise its `maxBacklog`; other events are taken.',
  },
  'internal-error': {
    status: 500,
    title: 'Manifold failed',
    fix: 'This is a bug: report it with the `requestId`. Retrying with the same Idempotency-Key is safe.',
  },
  'too-many-followers': {
    status: 503,
    title: 'This producer follows enough streams',
    fix: 'Retry after `Retry-After` seconds, at another producer if there is one, or raise MANIFOLD_MAX_STREAMS; one caller may have half.',
  },
  overloaded: {
    status: 503,
    title: 'There is no room for more events now',
    fix: 'Retry after `Retry-After` seconds, with the same Idempotency-Key: nothing was stored; or raise the limit in `detail`.',
  },
  'token-keys-unavailable': {
    status: 503,
    title: 'Nobody can say whether the token is genuine',
    fix: 'Retry after `Retry-After` seconds; the issuer of tokens (MANIFOLD_JWT_JWKS_URL) does not give its keys. API keys work meanwhile.',
  },
  'newer-record': {
    status: 503,
    title: 'A newer version of Manifold wrote this delivery',
    fix: 'Retry after `Retry-After` seconds: a producer of the newer version can change it. Once an upgrade is through, every producer can.',
  },
  'store-unavailable': {
    status: 503,
    title: 'Redis cannot take the request now',
    fix: 'Retry after `Retry-After` seconds, with the same Idempotency-Key: an event is stored at most once.',
  },
} as const satisfies Record<string, ProblemDefinition>

export type ProblemCode = keyof typeof PROBLEMS

/** One wrong field: where (`data.items[2].price`) and what. */
export type FieldError = { readonly path: string; readonly message: string }
