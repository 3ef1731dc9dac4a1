import { expect, test } from 'vitest'
import { webhookOf } from '../../../../test/support/webhook.ts'
import { readVerified } from './webhook-request.ts'

function read(body: string | Uint8Array, contentType?: string) {
  return readVerified(webhookOf(body, contentType === undefined ? {} : { 'content-type': contentType }))
}

test.each([undefined, 'application/json', 'application/vnd.acme+json; charset=utf-8', 'text/plain'])(
  'JSON under the content type %s is read as JSON',
  (contentType) => {
    const reading = read('{"a":1}', contentType)
    expect(reading).toMatchObject({ kind: 'request', request: { json: { a: 1 }, text: '{"a":1}' } })
  },
)

test('a form is read as fields, and not as JSON', () => {
  const reading = read('payload=%7B%7D&tag=a&tag=b', 'Application/X-WWW-Form-URLEncoded; charset=utf-8')
  if (reading.kind !== 'request') throw new Error(reading.kind)
  expect(reading.request.form.getAll('tag')).toEqual(['a', 'b'])
  expect(reading.request.form.get('payload')).toBe('{}')
  expect(reading.request.json).toBeUndefined()
})

test.each([
  ['', undefined],
  ['', 'application/json'],
  ['plain words', 'text/plain'],
  ['<order/>', 'text/xml'],
])('%j of the type %s is text, and no JSON', (body, contentType) => {
  const reading = read(body, contentType)
  expect(reading).toMatchObject({ kind: 'request', request: { text: body, json: undefined } })
})

test('what says it is JSON and is not is refused with where it stops', () => {
  expect(read('{"a":', 'application/json')).toMatchObject({
    kind: 'malformed-json',
    detail: expect.stringContaining('JSON') as unknown,
  })
})

test('what is not UTF-8 is refused, whatever it says it is', () => {
  expect(read(Buffer.from([0xff]), 'text/plain')).toEqual({ kind: 'invalid-utf8' })
})
