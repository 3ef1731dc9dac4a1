import { describe, expect, test } from 'vitest'
import { readAttributes } from './cloud-event-attributes.ts'

const required = { specversion: '1.0', id: 'A-1', source: '/shop', type: 'order.placed' }

/** What is said of these attributes besides the required ones. */
function errorsOf(changes: Record<string, unknown>): { path: string; message: string }[] {
  const reading = readAttributes({ ...required, ...changes })
  return reading.kind === 'invalid' ? [...reading.errors] : []
}

/** The message about one attribute with one value. */
function messageOf(name: string, value: unknown): string | undefined {
  const errors = errorsOf({ [name]: value })
  expect(errors.map((error) => error.path)).toEqual(errors.length === 0 ? [] : [name])
  return errors[0]?.message
}

test('the required attributes are enough', () => {
  expect(readAttributes(required)).toEqual({
    kind: 'attributes',
    attributes: {
      id: 'A-1',
      source: '/shop',
      type: 'order.placed',
      subject: undefined,
      time: undefined,
      dataContentType: undefined,
      dataSchema: undefined,
      extensions: {},
    },
  })
})

test('every attribute and extension is kept', () => {
  const given = {
    ...required,
    subject: 'Bestellung für €5',
    time: '2026-01-31T09:30:00.123456+01:00',
    datacontenttype: 'text/plain; charset="utf-8"',
    dataschema: 'https://schemas.example/order#v1',
    sampledrate: 5,
    urgent: false,
    empty: '',
    constructor: 'x',
  }
  expect(readAttributes(given)).toMatchObject({
    attributes: {
      subject: 'Bestellung für €5',
      time: '2026-01-31T09:30:00.123456+01:00',
      dataContentType: 'text/plain; charset="utf-8"',
      dataSchema: 'https://schemas.example/order#v1',
      extensions: { sampledrate: 5, urgent: false, empty: '', constructor: 'x' },
    },
  })
})

test('every rule that is broken is reported at once', () => {
  const given = { specversion: '0.3', id: '', source: 'a b', time: 'today', BAD: 1, list: [] }
  expect(readAttributes(given)).toMatchObject({
    errors: ['specversion', 'id', 'source', 'type', 'time', 'BAD', 'list'].map((path) => ({ path })),
  })
})

test('an attribute that is null is absent', () => {
  expect(
    errorsOf({ subject: null, time: null, dataschema: null, datacontenttype: null, mine: null }),
  ).toEqual([])
  expect(messageOf('id', null)).toMatch(/^required/)
})

describe('each rule has its own message', () => {
  test.each([
    ['specversion', undefined, 'required: "1.0"'],
    ['specversion', '0.3', 'this version is not taken, only "1.0"'],
    ['specversion', 1, 'must be a string, not a number'],
    ['id', undefined, 'required: what tells the event from others of its source'],
    ['id', '', 'must not be empty'],
    ['id', 'x'.repeat(1_025), 'longer than 1024 characters'],
    ['source', undefined, 'required: a URI-reference that says where the event comes from'],
    ['source', 'my shop', 'not a URI-reference (RFC 3986): percent-encode what one may not hold'],
    ['source', {}, 'must be a string, not an object'],
    ['type', undefined, 'required: what kind of event this is'],
    ['type', 'order/placed', 'Manifold takes types of A-Z a-z 0-9 . _ - only'],
    ['type', 'x'.repeat(256), 'longer than 255 characters'],
    ['subject', '', 'must not be empty'],
    ['subject', 'a\nb', 'holds U+000A, which no attribute may'],
    ['subject', '\ud800', 'holds U+D800, which no attribute may'],
    ['subject', '\u{1fffe}', 'holds U+1FFFE, which no attribute may'],
    ['time', '2026-02-30T00:00:00Z', 'not an RFC 3339 time such as 2026-01-31T09:30:00Z'],
    ['datacontenttype', 'json', 'not a media type such as application/json'],
    ['datacontenttype', ['a/b'], 'must be a string, not a list'],
    ['dataschema', '/schemas/order', 'not a URI with a scheme (RFC 3986)'],
    ['Extension', 'x', 'not an attribute: name an extension with 1 to 20 of a-z 0-9'],
    ['x'.repeat(21), 'x', 'not an attribute: name an extension with 1 to 20 of a-z 0-9'],
    ['data', 'x', 'the name data is taken by CloudEvents'],
    ['mine', {}, 'must be a string, a whole number or a boolean, not an object'],
    ['mine', [1], 'must be a string, a whole number or a boolean, not a list'],
    ['mine', 1.5, 'a number must be whole: send a fraction as a string'],
    ['mine', 2_147_483_648, 'a number must fit 32 bits: send a larger one as a string'],
    ['mine', 'a\u0007', 'holds U+0007, which no attribute may'],
    ['mine', 'x'.repeat(4_097), 'longer than 4096 characters'],
  ])('%s: %j', (name, value, message) => {
    expect(messageOf(name, value)).toBe(message)
  })

  test('there may be 64 extensions, not 65', () => {
    const many = (count: number) =>
      Object.fromEntries(Array.from({ length: count }, (_, index) => [`x${String(index)}`, index]))
    expect(errorsOf(many(64))).toEqual([])
    expect(errorsOf(many(65))).toEqual([{ path: '(root)', message: 'more than 64 extensions' }])
  })
})

test.each(['2026-01-31T09:30:00Z', '2026-01-31T09:30:00.5-05:30', '2026-01-31t09:30:00z'])(
  'a time may be %s',
  (time) => {
    expect(messageOf('time', time)).toBeUndefined()
  },
)

test('a time in small letters is kept in capitals', () => {
  const reading = readAttributes({ ...required, time: '2026-01-31t09:30:00z' })
  expect(reading).toMatchObject({ attributes: { time: '2026-01-31T09:30:00Z' } })
})

test.each([-2_147_483_648, 2_147_483_647, 0, true])('an extension may be %j', (value) => {
  expect(messageOf('mine', value)).toBeUndefined()
})
