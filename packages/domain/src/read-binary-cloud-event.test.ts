import { describe, expect, test } from 'vitest'
import type { CloudEventReading } from './cloud-event.ts'
import { readBinaryCloudEvent, type HeaderValues } from './read-binary-cloud-event.ts'
import { readStructuredCloudEvent } from './read-structured-cloud-event.ts'

const REQUIRED = {
  'ce-specversion': ['1.0'],
  'ce-id': ['A-1'],
  'ce-source': ['/shop'],
  'ce-type': ['order.placed'],
}

const read = (headers: HeaderValues, body: string | Uint8Array = ''): CloudEventReading =>
  readBinaryCloudEvent({ ...REQUIRED, ...headers }, Buffer.from(body), () => 'ce_1')

/** The event, which must be one that is taken. */
function eventOf(headers: HeaderValues, body?: string | Uint8Array) {
  const reading = read(headers, body)
  if (reading.kind !== 'event') throw new Error(JSON.stringify(reading))
  return reading
}

const json = { 'content-type': ['application/json'] }

test('attributes come from the headers, decoded, and data from the body', () => {
  const { body, context } = eventOf(
    {
      host: ['localhost'],
      'content-type': ['application/json; charset=utf-8'],
      'ce-subject': ['Euro%20%E2%82%AC'],
      'ce-time': ['2026-01-31T09:30:00Z'],
      'ce-dataschema': ['https://schemas.example/order'],
      'ce-sampledrate': ['5'],
      'ce-mine': [''],
    },
    '{"total":5}',
  )
  expect(body).toEqual({
    id: 'ce_1',
    type: 'order.placed',
    source: '/shop',
    subject: 'Euro €',
    time: '2026-01-31T09:30:00Z',
    extensions: { sampledrate: '5', mine: '' },
    data: { total: 5 },
  })
  expect(context).toMatchObject({
    sourceId: 'A-1',
    dataContentType: 'application/json; charset=utf-8',
    dataSchema: 'https://schemas.example/order',
  })
})

test('the same event in structured mode has the same canonical text', () => {
  const structured = readStructuredCloudEvent(
    {
      specversion: '1.0',
      id: 'A-1',
      source: '/shop',
      type: 'order.placed',
      subject: 'für',
      sampledrate: 5,
      data: { a: 1, b: 2 },
    },
    () => 'ce_1',
  )
  const headers = { ...json, 'ce-subject': ['f%c3%bcr'], 'ce-sampledrate': ['5'] }
  const { canonical } = eventOf(headers, '{"b":2,"a":1}')
  expect(structured).toMatchObject({ kind: 'event', canonical })
})

test.each([
  ['nothing', json, '', null, undefined],
  ['JSON', json, '"a"', 'a', undefined],
  ['JSON of a type of its own', { 'content-type': ['application/a+json'] }, '[1]', [1], undefined],
  ['text', { 'content-type': ['text/plain'] }, '\ufefffür', '\ufefffür', undefined],
  ['XML', { 'content-type': ['application/a+xml'] }, '<a/>', '<a/>', undefined],
  ['a form', { 'content-type': ['application/x-www-form-urlencoded'] }, 'a=1', 'YT0x', 'base64'],
  ['bytes', { 'content-type': ['image/png'] }, new Uint8Array([0, 255, 128]), 'AP+A', 'base64'],
  ['bytes of no type', {}, '{}', 'e30=', 'base64'],
])('data: %s', (_what, headers, body, data, dataEncoding) => {
  const reading = eventOf(headers, body)
  expect([reading.body.data, reading.context.dataEncoding]).toEqual([data, dataEncoding])
})

describe('is refused, with a message of its own at the header', () => {
  const undecodable =
    'cannot be decoded: percent-encode the UTF-8 bytes of a space, " and % and of all that is not printable ASCII'

  test.each([
    [{ 'ce-specversion': undefined }, 'ce-specversion', 'required: "1.0"'],
    [{ 'ce-id': undefined }, 'ce-id', 'required: what tells the event from others of its source'],
    [{ 'ce-id': [''] }, 'ce-id', 'must not be empty'],
    [{ 'ce-id': ['a', 'b'] }, 'ce-id', 'sent 2 times'],
    [{ 'ce-subject': ['100%'] }, 'ce-subject', undecodable],
    [{ 'ce-source': ['f\u00fcr'] }, 'ce-source', undecodable],
    [{ 'ce-subject': ['a%0Ab'] }, 'ce-subject', 'holds U+000A, which no attribute may'],
    [{ 'ce-datacontenttype': ['a/b'] }, 'ce-datacontenttype', 'sent as Content-Type, never as a ce- header'],
    [{ 'content-type': ['json'] }, 'content-type', 'not a media type such as application/json'],
    [
      { ['ce-__proto__']: ['x'] },
      'ce-__proto__',
      'not an attribute: name an extension with 1 to 20 of a-z 0-9',
    ],
    [{ 'ce-data': ['x'] }, 'ce-data', 'the name data is taken by CloudEvents'],
    [{ 'ce-my-own': ['x'] }, 'ce-my-own', 'not an attribute: name an extension with 1 to 20 of a-z 0-9'],
  ])('%j', (headers, path, message) => {
    expect(read(headers)).toEqual({ kind: 'invalid', errors: [{ path, message }] })
  })

  test('all at once', () => {
    expect(read({ 'ce-id': ['%'], 'ce-type': ['a b'], 'content-type': ['?'] })).toMatchObject({
      errors: [{ path: 'ce-id' }, { path: 'ce-type' }, { path: 'content-type' }],
    })
  })

  test.each([
    ['malformed-json', '{"a":'],
    ['inexact-number', '{"a":12345678901234567890}'],
    ['invalid-utf8', Buffer.from([0x22, 0xc3, 0x28])],
    ['json-too-deep', '['.repeat(64) + ']'.repeat(64)],
  ])('as %s, for its data', (code, body) => {
    expect(read(json, body)).toMatchObject({ kind: 'refused', code })
  })

  test('as an unsupported media type, for JSON in another charset', () => {
    expect(read({ 'content-type': ['application/json; charset=utf-16'] }, '{}')).toEqual({
      kind: 'refused',
      code: 'unsupported-media-type',
      detail: 'the charset is utf-16',
    })
  })
})
