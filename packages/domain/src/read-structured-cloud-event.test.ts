import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import type { CloudEventReading } from './cloud-event.ts'
import { eventInputSchema } from './event-input.ts'
import { readStructuredCloudEvent } from './read-structured-cloud-event.ts'

const minimal = { specversion: '1.0', id: 'A-1', source: '/shop', type: 'order.placed' }

const read = (changes: object): CloudEventReading =>
  readStructuredCloudEvent({ ...minimal, ...changes }, (identity) => `ce_${String(identity.length)}`)

/** The event, which must be one that is taken. */
function eventOf(changes: object) {
  const reading = read(changes)
  if (reading.kind !== 'event') throw new Error(JSON.stringify(reading))
  return reading
}

const base64 = (text: string) => Buffer.from(text).toString('base64')

test('an event keeps everything it says, under the names of Manifold', () => {
  const { body, context } = eventOf({
    subject: 'orders/17',
    time: '2026-01-31T09:30:00Z',
    datacontenttype: 'application/vnd.shop+json',
    dataschema: 'https://schemas.example/order',
    traceparent: '00-1-2-01',
    sampledrate: 5,
    data: { total: 5 },
  })
  expect(body).toEqual({
    id: 'ce_9',
    type: 'order.placed',
    source: '/shop',
    subject: 'orders/17',
    time: '2026-01-31T09:30:00Z',
    extensions: { traceparent: '00-1-2-01', sampledrate: 5 },
    data: { total: 5 },
  })
  expect(context).toEqual({
    sourceId: 'A-1',
    extensions: { traceparent: '00-1-2-01', sampledrate: 5 },
    dataContentType: 'application/vnd.shop+json',
    dataSchema: 'https://schemas.example/order',
    dataEncoding: undefined,
  })
  expect(eventInputSchema.parse(body)).toEqual(body)
})

test('the event id is made of source and id', () => {
  const ids: string[] = []
  readStructuredCloudEvent(minimal, (identity) => {
    ids.push(identity)
    return 'ce_1'
  })
  expect(ids).toEqual(['/shop\nA-1'])
})

test.each([
  ['no data', {}, null, undefined],
  ['null', { data: null }, null, undefined],
  ['a JSON text', { data: 'a' }, 'a', undefined],
  ['a list', { data: [1], datacontenttype: 'application/json' }, [1], undefined],
  ['text', { data: '<a/>', datacontenttype: 'application/xml' }, '<a/>', undefined],
  ['no text', { datacontenttype: 'text/plain' }, null, undefined],
  ['bytes', { data_base64: 'AP+A', datacontenttype: 'image/png' }, 'AP+A', 'base64'],
  ['bytes of no type', { data_base64: 'AP+A' }, 'AP+A', 'base64'],
  ['bytes beside a null', { data: null, data_base64: 'AP+A' }, 'AP+A', 'base64'],
  ['no bytes', { data_base64: '' }, null, undefined],
  ['bytes of JSON', { data_base64: base64('{"a":1}'), datacontenttype: 'text/json' }, { a: 1 }, undefined],
  ['bytes of text', { data_base64: base64('für'), datacontenttype: 'text/plain' }, 'für', undefined],
  ['Latin-1', { data_base64: 'Zvxy', datacontenttype: 'text/plain;charset=latin1' }, 'Zvxy', 'base64'],
  ['text that is not UTF-8', { data_base64: 'Zvxy', datacontenttype: 'text/plain' }, 'Zvxy', 'base64'],
])('data: %s', (_what, changes, data, dataEncoding) => {
  const { body, context } = eventOf(changes)
  expect([body.data, context.dataEncoding]).toEqual([data, dataEncoding])
})

describe('is refused, with a message of its own', () => {
  test.each([
    ['text', '(root)', 'a CloudEvent is a JSON object'],
    [null, '(root)', 'a CloudEvent is a JSON object'],
    [[minimal], '(root)', 'a list of CloudEvents is sent as application/cloudevents-batch+json'],
    [
      { ...minimal, data: 1, data_base64: 'AA==' },
      'data_base64',
      'data is there too: an event has one of the two',
    ],
    [{ ...minimal, data_base64: 5 }, 'data_base64', 'must be a string that holds base64'],
    [{ ...minimal, datacontenttype: 'text/plain', data: {} }, 'data', 'data of text/plain must be a string'],
  ])('%j', (document, path, message) => {
    expect(readStructuredCloudEvent(document, () => 'ce_1')).toEqual({
      kind: 'invalid',
      errors: [{ path, message }],
    })
  })

  test.each(['A', 'AA', 'AA=', 'A-_=', 'AAAA\n', 'AB=='])('%j is not base64', (text) => {
    const message = 'not base64 (RFC 4648, section 4): use A-Z a-z 0-9 + / and its padding'
    expect(read({ data_base64: text })).toEqual({
      kind: 'invalid',
      errors: [{ path: 'data_base64', message }],
    })
  })

  test('together with what is wrong with its attributes', () => {
    expect(read({ id: '', data_base64: '!' })).toMatchObject({
      errors: [{ path: 'id' }, { path: 'data_base64' }],
    })
  })

  test.each([
    ['malformed-json', '{"a":'],
    ['inexact-number', '{"a":12345678901234567890}'],
    ['invalid-utf8', Buffer.from([0x22, 0xc3, 0x28])],
  ])('as %s, when bytes say that they are JSON', (code, json) => {
    const changes = { data_base64: Buffer.from(json).toString('base64'), datacontenttype: 'application/json' }
    expect(read(changes)).toMatchObject({ kind: 'refused', code })
  })

  test.each(['data', 'mine'])('as too deep, wherever it is: %s', (name) => {
    const deep = JSON.parse('['.repeat(50_000) + ']'.repeat(50_000)) as unknown
    expect(read({ [name]: deep })).toEqual({ kind: 'refused', code: 'json-too-deep' })
  })

  test('as too deep, also where it came as bytes', () => {
    const nested = (levels: number) => ({
      data_base64: base64('['.repeat(levels) + ']'.repeat(levels)),
      datacontenttype: 'application/json',
    })
    expect(read(nested(63))).toMatchObject({ kind: 'event' })
    expect(read(nested(64))).toEqual({ kind: 'refused', code: 'json-too-deep' })
  })
})

describe('the canonical text', () => {
  const canonical = (changes: object) => eventOf(changes).canonical

  test('does not depend on the order of fields, nor on what is implied', () => {
    const one = {
      data: { a: 1, b: { c: 2, d: 3 } },
      mine: 'x',
      other: 5,
      datacontenttype: 'application/json',
    }
    const two = { other: '5', subject: null, mine: 'x', data: { b: { d: 3, c: 2 }, a: 1.0 } }
    expect(canonical(one)).toBe(canonical(two))
  })

  test.each([
    { data: { a: 2 } },
    { data: '{"a":1}' },
    { data: { a: 1 }, subject: 'x' },
    { data: { a: 1 }, time: '2026-01-31T09:30:00Z' },
    { data: { a: 1 }, mine: 'x' },
    { data: { a: 1 }, datacontenttype: 'text/json' },
    { data: { a: 1 }, type: 'order.paid' },
  ])('differs for %j', (changes) => {
    expect(canonical(changes)).not.toBe(canonical({ data: { a: 1 } }))
  })

  test('differs for data that differ', () => {
    fc.assert(
      fc.property(fc.jsonValue(), fc.jsonValue(), (one, two) => {
        const [first, second] = [
          JSON.parse(JSON.stringify(one)),
          JSON.parse(JSON.stringify(two)),
        ] as unknown[]
        const same = fc.stringify(sorted(first)) === fc.stringify(sorted(second))
        expect(canonical({ data: first }) === canonical({ data: second })).toBe(same)
      }),
    )
  })

  const sorted = (value: unknown): unknown =>
    typeof value !== 'object' || value === null
      ? value
      : Array.isArray(value)
        ? value.map(sorted)
        : Object.entries(value)
            .map(([key, child]) => [key, sorted(child)])
            .sort()
})

test('never throws, whatever JSON it is given', () => {
  fc.assert(
    fc.property(fc.object(), (document) => {
      const { kind } = readStructuredCloudEvent(document, () => 'ce_1')
      expect(['event', 'invalid', 'refused']).toContain(kind)
    }),
  )
})
