import { expect, test } from 'vitest'
import { isJsonMediaType, isTextMediaType, isUtf8MediaType, parseMediaType } from './media-type.ts'

/** What a media type says of its data. */
function kindOf(text: string): string {
  const media = parseMediaType(text)
  if (media === undefined) return 'none'
  return isJsonMediaType(media) ? 'json' : isTextMediaType(media) ? 'text' : 'bytes'
}

test.each([
  ['application/json', 'json'],
  ['application/json; charset=utf-8', 'json'],
  ['Application/VND.acme+JSON', 'json'],
  ['text/json', 'json'],
  ['text/plain', 'text'],
  ['application/xml', 'text'],
  ['image/svg+xml;charset="utf-8"', 'text'],
  ['application/octet-stream', 'bytes'],
  ['application/jsonl', 'bytes'],
  ['application/x-www-form-urlencoded', 'bytes'],
  ['multipart/mixed; boundary="a \\" ; b"; x=y ;', 'bytes'],
  ['', 'none'],
  ['json', 'none'],
  ['a/b/c', 'none'],
  ['a/', 'none'],
  ['a/b c', 'none'],
  ['a/b; c', 'none'],
  ['a/b; c="d', 'none'],
  ['ä/b', 'none'],
])('%j names data that are %s', (text, kind) => {
  expect(kindOf(text)).toBe(kind)
})

test.each([
  ['text/plain', undefined, true],
  ['text/plain; Charset=UTF-8', 'utf-8', true],
  ['text/plain;format=flowed;charset="us-ascii"', 'us-ascii', true],
  ['text/plain; charset=latin1', 'latin1', false],
])('the charset of %s is %s', (text, charset, utf8) => {
  const media = parseMediaType(text)
  expect(media).toMatchObject({ charset })
  expect(media !== undefined && isUtf8MediaType(media)).toBe(utf8)
})
