import { expect, test } from 'vitest'
import { contextWith, REQUEST, secretOf } from '../../../../test/support/auth-request.ts'
import { apiKey } from './api-key.ts'

test('an API key goes into the header that is named, in lower case', () => {
  expect(apiKey({ header: 'X-API-Key' }, secretOf('abc')).authenticate(REQUEST, contextWith())).toEqual({
    ...REQUEST,
    headers: { ...REQUEST.headers, 'x-api-key': 'abc' },
  })
})

test('an API key goes into the query parameter that is named, escaped, beside those that are there', () => {
  const url = 'https://crm.example/orders?tenant=acme&key=a%26b%20c%3D'
  expect(apiKey({ query: 'key' }, secretOf('a&b c=')).authenticate(REQUEST, contextWith())).toEqual({
    ...REQUEST,
    url,
  })
})

test('an API key in the query is there once, though the URL had one', () => {
  const request = { ...REQUEST, url: 'https://crm.example/?key=old&a=1&key=older' }
  expect(apiKey({ query: 'key' }, secretOf('new')).authenticate(request, contextWith())).toMatchObject({
    url: 'https://crm.example/?a=1&key=new',
  })
})

test('the key is a secret that must be there at the start', () => {
  const key = secretOf('any')
  expect(apiKey({ query: 'key' }, key)).toMatchObject({ kind: 'api-key', secrets: [key] })
})
