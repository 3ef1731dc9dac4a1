import {
  inexactNumber,
  readBinaryCloudEvent,
  readStructuredCloudEvent,
  type CloudEventReading,
  type EventFormat,
  type ManifoldEvent,
} from '@manifold/domain'
import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { attributeHeaders, eventBody } from './event-message.ts'

const event: ManifoldEvent = {
  id: 'evt_1',
  type: 'order.placed',
  source: '/shop',
  subject: 'Bestellung für €5',
  time: '2026-01-31T09:30:00Z',
  data: { total: 5 },
}

const fromCloudEvent: ManifoldEvent = {
  ...event,
  id: 'ce_1',
  sourceId: 'A/1',
  extensions: { traceparent: '00-1-2-01', sampledrate: 5, urgent: true, note: '"50%"' },
  dataSchema: 'https://schemas.example/order',
}

const documentOf = (one: ManifoldEvent, format: EventFormat): unknown =>
  JSON.parse(String(eventBody(one, format).bytes))

describe('structured', () => {
  test('has the id of its source, its extensions and its schema', () => {
    expect(documentOf(fromCloudEvent, 'cloudevents-structured')).toEqual({
      specversion: '1.0',
      id: 'A/1',
      source: '/shop',
      type: 'order.placed',
      subject: 'Bestellung für €5',
      time: '2026-01-31T09:30:00Z',
      dataschema: 'https://schemas.example/order',
      datacontenttype: 'application/json',
      traceparent: '00-1-2-01',
      sampledrate: 5,
      urgent: true,
      note: '"50%"',
      data: { total: 5 },
    })
  })

  test('has bytes as data_base64, with their type if there is one', () => {
    const bytes = { ...event, data: 'AP+A', dataEncoding: 'base64' } as const
    const untyped = documentOf(bytes, 'cloudevents-structured')
    expect(untyped).toMatchObject({ data_base64: 'AP+A' })
    expect(untyped).not.toHaveProperty('data')
    expect(untyped).not.toHaveProperty('datacontenttype')
    expect(documentOf({ ...bytes, dataContentType: 'image/png' }, 'cloudevents-structured')).toMatchObject({
      datacontenttype: 'image/png',
    })
  })

  test('leaves out data that are not there, but not a null of JSON', () => {
    const without = { ...event, data: null, dataContentType: 'text/plain' }
    expect(documentOf(without, 'cloudevents-structured')).not.toHaveProperty('data')
    expect(documentOf({ ...event, data: null }, 'cloudevents-structured')).toHaveProperty('data', null)
  })

  test('an extension never takes the place of an attribute', () => {
    const odd = { ...event, extensions: { id: 'x', specversion: '9', datacontenttype: 'a/b', data: 'x' } }
    expect(documentOf(odd, 'cloudevents-structured')).toEqual(documentOf(event, 'cloudevents-structured'))
    expect(attributeHeaders({ ...event, extensions: { id: 'x', specversion: '9' } })).toEqual(
      attributeHeaders(event),
    )
  })
})

describe('binary', () => {
  test('has its attributes in headers, percent-encoded', () => {
    expect(attributeHeaders(fromCloudEvent)).toEqual({
      'ce-specversion': '1.0',
      'ce-id': 'A/1',
      'ce-source': '/shop',
      'ce-type': 'order.placed',
      'ce-subject': 'Bestellung%20f%C3%BCr%20%E2%82%AC5',
      'ce-time': '2026-01-31T09:30:00Z',
      'ce-dataschema': 'https://schemas.example/order',
      'ce-traceparent': '00-1-2-01',
      'ce-sampledrate': '5',
      'ce-urgent': 'true',
      'ce-note': '%2250%25%22',
    })
  })

  const bytes = Buffer.from([0, 255, 128])
  test.each([
    ['JSON', { data: 'a' }, '"a"', 'application/json'],
    ['JSON of a type', { data: [1], dataContentType: 'text/json' }, '[1]', 'text/json'],
    ['a null', { data: null }, 'null', 'application/json'],
    ['text', { data: '<a/>', dataContentType: 'application/xml' }, '<a/>', 'application/xml'],
    ['no text', { data: null, dataContentType: 'text/plain' }, '', 'text/plain'],
    [
      'bytes',
      { data: 'AP+A', dataEncoding: 'base64', dataContentType: 'image/png' } as const,
      bytes,
      'image/png',
    ],
    [
      'bytes of no type',
      { data: 'AP+A', dataEncoding: 'base64' } as const,
      bytes,
      'application/octet-stream',
    ],
  ])('has data that are %s as they are', (_what, changes, body, contentType) => {
    expect(eventBody({ ...event, ...changes }, 'cloudevents-binary')).toEqual({ bytes: body, contentType })
  })
})

test('plain JSON has the names of Manifold, and only what there is', () => {
  expect(documentOf(event, 'json')).toEqual(event)
  expect(documentOf(fromCloudEvent, 'json')).toEqual(fromCloudEvent)
  expect(eventBody(event, 'json').contentType).toBe('application/json')
})

describe('an event keeps all its attributes and data', () => {
  const makeId = () => 'ce_1'
  const attributeText = fc
    .string({ unit: 'binary', minLength: 1, maxLength: 50 })
    .filter((text) => !/[\p{Cc}\p{Noncharacter_Code_Point}]/u.test(text))
  const extensions = fc.dictionary(
    fc.stringMatching(/^x[a-z0-9]{1,19}$/),
    fc.oneof(attributeText, fc.boolean(), fc.integer()),
    { maxKeys: 5 },
  )
  const json = fc
    .jsonValue()
    .filter((value) => inexactNumber(JSON.stringify(value)) === undefined)
    .map((value) => JSON.parse(JSON.stringify(value)) as unknown)
  const data = fc.oneof(
    fc.record({ data: json }, { requiredKeys: [] }),
    fc.record({
      data: json,
      datacontenttype: fc.constantFrom('application/json', 'text/json; charset=utf-8'),
    }),
    fc.record({
      data: fc.oneof(fc.string({ unit: 'binary', minLength: 1 }), fc.constant(null)),
      datacontenttype: fc.constantFrom('text/plain', 'application/xml', 'image/svg+xml;charset=UTF-8'),
    }),
    fc.record({
      data_base64: fc.uint8Array({ minLength: 1 }).map((bytes) => Buffer.from(bytes).toString('base64')),
      datacontenttype: fc.constantFrom('image/png', 'text/plain; charset=latin1', 'text/plain'),
    }),
  )
  const cloudEvents = fc
    .tuple(
      fc.record(
        {
          specversion: fc.constant('1.0'),
          id: attributeText,
          source: fc
            .webUrl({ withQueryParameters: true, withFragments: true })
            .map((url) => new URL(url).href),
          type: fc.stringMatching(/^[A-Za-z0-9._-]{1,50}$/),
          time: fc
            .date({ noInvalidDate: true, min: new Date(0), max: new Date(4e12) })
            .map((at) => at.toISOString()),
          subject: attributeText,
          dataschema: fc.webUrl(),
        },
        { requiredKeys: ['specversion', 'id', 'source', 'type', 'time'] },
      ),
      extensions,
      data,
    )
    .map((parts) => Object.assign({}, ...parts) as Record<string, unknown>)

  /** As the worker has it. */
  function accepted(reading: CloudEventReading): ManifoldEvent {
    if (reading.kind !== 'event') throw new Error(JSON.stringify(reading))
    const { type, source = '', subject, time = '', data: value } = reading.body
    return { ...reading.context, id: 'ce_1', type, source, subject, time, data: value }
  }

  function canonicalOf(reading: CloudEventReading): string {
    return reading.kind === 'event' ? reading.canonical : JSON.stringify(reading)
  }

  test('from structured mode through Manifold to structured mode', () => {
    fc.assert(
      fc.property(cloudEvents, (document) => {
        const reading = readStructuredCloudEvent(document, makeId)
        const sent = documentOf(accepted(reading), 'cloudevents-structured')
        expect(readStructuredCloudEvent(sent, makeId)).toEqual(reading)
      }),
    )
  })

  test('from structured mode through Manifold to binary mode, and back in', () => {
    fc.assert(
      fc.property(cloudEvents, (document) => {
        const reading = readStructuredCloudEvent(document, makeId)
        const one = accepted(reading)
        const { bytes, contentType } = eventBody(one, 'cloudevents-binary')
        const headers = { ...attributeHeaders(one), 'content-type': contentType }
        const values = Object.fromEntries(Object.entries(headers).map(([name, value]) => [name, [value]]))
        const again = readBinaryCloudEvent(values, Buffer.from(bytes), makeId)
        expect(canonicalOf(again)).toBe(canonicalOf(reading))
      }),
    )
  })
})
