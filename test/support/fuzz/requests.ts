/** Requests for one operation: what it asks for, and that with one part of it wrong. */
import fc from 'fast-check'
import { bodiesFor } from './bodies.ts'
import { fromSchema, type SchemaContext } from './from-schema.ts'
import type { FuzzRequest } from './fuzz-request.ts'
import type { FuzzedOperation } from './operations.ts'

/** Values that parameters of these names take; a wait is short. */
const KNOWN: Readonly<Record<string, fc.Arbitrary<unknown>>> = {
  type: fc.constantFrom('order.placed', 'order.fuzzed', 'customer.seen'),
  targets: fc.constantFrom(['crm'], ['billing'], ['crm', 'billing']),
  target: fc.constantFrom('crm', 'billing'),
  callbackUrl: fc.constant('https://caller.example/'),
  wait: fc.constantFrom('0', '1'),
  source: fc.constantFrom('/fuzz', 'urn:fuzz'),
  dataschema: fc.constant('https://schemas.example/fuzz'),
  datacontenttype: fc.constant('application/json'),
  delayMs: fc.constantFrom(0, 1),
  deliverAt: fc.constant('2020-01-01T00:00:00Z'),
  expiresAt: fc.constant('2099-01-01T00:00:00Z'),
  data_base64: fc.constant('aGVsbG8='),
  cursor: fc.constant(Buffer.from('[1760000000000,"evt_fuzz"]').toString('base64url')),
  lastEventId: fc.constantFrom('0', '1760000000000-0.1'),
}

export function contextOf(schemas: SchemaContext['schemas']): SchemaContext {
  return { schemas, known: KNOWN }
}

/** About half of them are right in all but one part, and the rest is anything. */
export function requestsFor(context: SchemaContext, operation: FuzzedOperation): fc.Arbitrary<FuzzRequest> {
  const right: Parts = {
    method: fc.constant(operation.method.toUpperCase()),
    path: fc.constant(operation.path),
    query: rightQuery(context, operation),
    headers: rightHeaders(operation),
    body: bodiesFor(context, operation, 'right'),
  }
  const wrong: Parts = {
    method: fc.constantFrom(...METHODS),
    path: wrongPath(operation),
    query: wrongQuery(context, operation),
    headers: wrongHeaders(operation),
    body: bodiesFor(context, operation, 'wrong'),
  }
  const names = ['path', 'query', 'headers', 'body', 'body', 'method'] as const
  const takesBody = Object.keys(operation.body).length > 0
  return fc
    .oneof(
      { weight: 2, arbitrary: fc.record(right) },
      ...names.map((name) => ({
        weight: name === 'body' && takesBody ? 3 : 1,
        arbitrary: fc.record({ ...right, [name]: wrong[name] }),
      })),
      { weight: 1, arbitrary: fc.record({ ...wrong, method: right.method }) },
    )
    .map(({ body, ...request }) => (body === undefined ? request : { ...request, body }))
}

type Parts = {
  readonly method: fc.Arbitrary<string>
  readonly path: fc.Arbitrary<string>
  readonly query: fc.Arbitrary<string>
  readonly headers: fc.Arbitrary<readonly (readonly [string, string])[]>
  readonly body: ReturnType<typeof bodiesFor>
}

const METHODS = [
  'HEAD',
  'OPTIONS',
  'PUT',
  'PATCH',
  'DELETE',
  'TRACE',
  'PROPFIND',
  'QUERY',
  'POST',
  'GET',
  'PURGE',
]

const SEGMENTS = [
  ...['', '.', '..', '%2e%2e', '%2F', 'a%2Fb', '%', '%0', '%zz', '%00', '%ff', '%C0%80', '%ED%A0%80', '%25'],
  ...[
    '__proto__',
    'constructor',
    'x'.repeat(5_000),
    '%41'.repeat(1_500),
    'nobody-there',
    'evt_0',
    '{}',
    '*',
    ':id',
  ],
  ...[
    'a:b',
    'a;b',
    'a,b',
    '-',
    'evt_-crm',
    'crm%0d%0aX: y',
    "'",
    '"',
    '\\',
    '\u00e4',
    '[]',
    '$where',
    '0',
    'batch',
    'replay',
  ],
]

function wrongPath({ path }: FuzzedOperation): fc.Arbitrary<string> {
  const segment = fc.oneof({ weight: 4, arbitrary: fc.constantFrom(...SEGMENTS) }, fc.webSegment())
  const filled = segment.map((one) =>
    path.includes('{') ? path.replace(/\{\w+\}/, () => one) : `${path}/${one}`,
  )
  const bent = fc.constantFrom(
    `${path}/`,
    `/${path}`,
    path.toUpperCase(),
    path.replace('/v1', '/v1/.'),
    `http://fuzz${path}`,
  )
  return fc.oneof({ weight: 3, arbitrary: filled }, bent)
}

function rightQuery(context: SchemaContext, { query }: FuzzedOperation): fc.Arbitrary<string> {
  const pairs = query.map(({ name, schema }) => {
    const value = (KNOWN[name] ?? fromSchema(context, schema)).map((one) => `${name}=${encode(String(one))}`)
    return fc.option(value, { nil: undefined, freq: 1 })
  })
  return fc.tuple(...pairs).map((all) => all.filter((one) => one !== undefined).join('&'))
}

function encode(text: string): string {
  return encodeURIComponent(text.toWellFormed())
}

const QUERY_NAMES = [
  'limit',
  'type',
  'wait[]',
  'nonsense',
  '__proto__',
  'constructor',
  'hasOwnProperty',
  '',
  '%zz',
  'a[b][c]',
  'access_token',
]

const QUERY_VALUES = [
  ...[
    '',
    '0',
    '-1',
    '201',
    '1e2',
    '0x10',
    'NaN',
    '99999999999999999999',
    'null',
    'true',
    ' 1',
    '1.5',
    '%00',
    '%ff',
    '%zz',
    '%',
  ],
  ...[
    '2026-31-01',
    '9999-99-99T99:99:99Z',
    '[]',
    'W10',
    'WzEsMl0',
    'WzEsIiJd',
    'x'.repeat(5_000),
    '+',
    'a,b',
    '*',
    '**',
    'order.**.*',
    '.',
  ],
  ...[
    '0-0',
    '1-1-1',
    '18446744073709551616-0',
    '-',
    '+',
    '$',
    '1760000000000-18446744073709551616.1',
    '1.5.2',
  ],
]

function wrongQuery(context: SchemaContext, operation: FuzzedOperation): fc.Arbitrary<string> {
  // A longer wait is a right one: it would be waited for.
  const names = [...operation.query.map(({ name }) => name), ...QUERY_NAMES]
  const pair = fc
    .tuple(fc.constantFrom(...names), fc.constantFrom(...QUERY_VALUES))
    .map(([name, value]) => (name === '' ? value : `${name}=${value}`))
  const one = fc
    .tuple(rightQuery(context, operation), pair)
    .map((both) => both.filter((part) => part !== '').join('&'))
  const odd = fc.constantFrom(
    '&&&',
    '=',
    '?',
    '?a=b',
    'a'.repeat(6_000),
    'limit=1&limit=2',
    'type=a&type=b',
    'x=1&'.repeat(1_500),
  )
  return fc.oneof(
    { weight: 4, arbitrary: one },
    fc.array(pair, { maxLength: 5 }).map((all) => all.join('&')),
    odd,
  )
}

const TRACEPARENT = '00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01'

const RIGHT_HEADERS: Readonly<Record<string, readonly string[]>> = {
  'Idempotency-Key': ['fuzz-1', 'fuzz-2', '"fuzz-3"'],
  Prefer: ['wait=0', 'wait=1', 'return=minimal', 'respond-async, wait=0'],
  traceparent: [TRACEPARENT],
  'If-None-Match': ['"other"', '*', 'W/"other", "one"'],
  'Last-Event-ID': ['0', '1760000000000-0.1', ''],
}

/** What is signed is a body's: see bodies.ts. A CloudEvent in binary mode has all of its headers or none. */
function rightHeaders({ headers }: FuzzedOperation): fc.Arbitrary<[string, string][]> {
  const each = headers.flatMap(({ name }) => {
    const values = RIGHT_HEADERS[name]
    if (values === undefined) return []
    return [
      fc.option(
        fc.constantFrom(...values).map((value): [string, string] => [name, value]),
        { nil: undefined, freq: 1 },
      ),
    ]
  })
  const binary: [string, string][] = [
    ['ce-specversion', '1.0'],
    ['ce-id', 'fuzz'],
    ['ce-source', '/fuzz'],
    ['ce-type', 'order.fuzzed'],
  ]
  const takesBinary = headers.some(({ name }) => name === 'ce-specversion')
  const all = fc.tuple(...each).map((some) => some.filter((one) => one !== undefined))
  if (!takesBinary) return all
  return fc
    .tuple(all, fc.integer({ min: 0, max: 5 }))
    .map(([some, die]) => (die === 0 ? [...some, ...binary] : some))
}

const HEADER_NAMES = [
  ...[
    'Idempotency-Key',
    'Prefer',
    'traceparent',
    'If-None-Match',
    'Last-Event-ID',
    'X-Request-Id',
    'X-Hub-Signature-256',
  ],
  ...[
    'ce-specversion',
    'ce-id',
    'ce-source',
    'ce-type',
    'ce-time',
    'ce-datacontenttype',
    'ce-__proto__',
    'ce-dataschema',
  ],
  ...[
    'Authorization',
    'Accept',
    'Accept-Encoding',
    'Origin',
    'Cookie',
    'Range',
    'If-Modified-Since',
    'Content-Language',
  ],
  ...[
    'X-HTTP-Method-Override',
    'X-Forwarded-For',
    'Forwarded',
    '__proto__',
    'constructor',
    'tracestate',
    'baggage',
    'Upgrade',
  ],
]

const HEADER_VALUES = [
  ...[
    '',
    ' ',
    ',',
    ',,,',
    '"',
    '""',
    '"open',
    '*',
    '0',
    '-1',
    'NaN',
    'null',
    'x'.repeat(300),
    'x'.repeat(8_000),
    '\u00e4\u00ff',
    '%00',
    '%zz',
  ],
  ...[
    'wait=',
    'wait=-1',
    'wait=1e9',
    'wait="',
    'wait=0;;;;',
    'return=',
    'wait=0, wait=0',
    'respond-async;'.repeat(300),
    'a=b;c=d',
  ],
  ...[
    '00-0-0-0',
    `${TRACEPARENT}-more`,
    TRACEPARENT.toUpperCase(),
    'ff-'.repeat(50),
    '1.0',
    '0.3',
    'application/json',
    'Bearer',
    'Bearer  ',
  ],
  ...[
    '1-1',
    '1760000000000-0.1',
    '99999999999999999999-0',
    '$',
    '-',
    '+',
    'sha256=',
    'sha256=00',
    'sha1=00',
    'https://evil.example',
    'h2c',
    'bytes=0-1',
  ],
]

function wrongHeaders(operation: FuzzedOperation): fc.Arbitrary<[string, string][]> {
  const names = [...operation.headers.map(({ name }) => name), ...HEADER_NAMES]
  const pair = fc.tuple(fc.constantFrom(...names), fc.constantFrom(...HEADER_VALUES))
  // Node joins or drops a header that comes twice, in ways of its own.
  const some = fc.array(pair, { minLength: 1, maxLength: 4 }).filter((all) => all.join().length < 15_000)
  return fc
    .tuple(rightHeaders(operation), some, fc.boolean())
    .map(([right, wrong, twice]) => [
      ...right,
      ...wrong,
      ...(twice ? wrong.slice(0, 1).filter(([, value]) => value.length < 1_000) : []),
    ])
}
