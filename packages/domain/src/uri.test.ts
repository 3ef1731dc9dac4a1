import fc from 'fast-check'
import { expect, test } from 'vitest'
import { isUri, isUriReference } from './uri.ts'

test.each([
  'https://shop.example/orders?since=1#top',
  'https://user:pw@[2001:db8::7]:8443/',
  'urn:uuid:6e8bc430-9c3a-11d9-9669-0800200c9a66',
  'mailto:shop@example.com',
  'file:///orders',
  'a+b.c-1:x',
  'http://shop.example',
])('%s is a URI, and so a URI-reference', (text) => {
  expect([isUri(text), isUriReference(text)]).toEqual([true, true])
})

test.each([
  '/orders',
  'shop',
  '1-555-123-4567',
  '//shop.example/a',
  '?a=b',
  '#a',
  './a:b',
  "a/b;c=d,e!$&'()*+",
])('%s is a URI-reference only', (text) => {
  expect([isUri(text), isUriReference(text)]).toEqual([false, true])
})

test.each([
  'my shop',
  'für',
  'a\\b',
  '<a>',
  'a|b',
  '{a}',
  '100%',
  '%zz',
  '1a:b',
  ':a',
  'http://a b/',
  'http://[::1/',
  'http://shop.example:port/',
  '//a:b:c/',
  'a[1]',
  'a#b#c',
  'a\n',
])('%j is neither', (text) => {
  expect([isUri(text), isUriReference(text)]).toEqual([false, false])
})

test('what the platform calls a URL is a URI once it has written it', () => {
  fc.assert(
    fc.property(fc.webUrl({ withQueryParameters: true, withFragments: true }), (url) => {
      expect(isUri(encodeURI(decodeURI(new URL(url).href)))).toBe(true)
    }),
  )
})
