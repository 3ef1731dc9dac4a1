import { hideValues, type OutgoingRequest } from '@manifold/domain'
import { describe, expect, test } from 'vitest'
import { createHider } from './hide.ts'

const plain: OutgoingRequest = {
  method: 'POST',
  url: 'https://crm.example/orders?page=2',
  headers: { 'content-type': 'application/json', 'idempotency-key': 'evt_1-crm', 'x-tenant': 'acme' },
  body: '{}',
}

const withHeader = (name: string, value: string) => ({
  ...plain,
  headers: { ...plain.headers, [name]: value },
})

const nothingElse = (text: string) => text

describe('hiding', () => {
  test.each([
    ['authorization', 'Bearer tok-1234567', 'tok-1234567'],
    ['x-made-up', 'tok-1234567', 'tok-1234567'],
    ['x-api-key', 'tok-1234567', 'tok-1234567'],
  ])(
    'whatever authentication puts into %s is hidden, also where an answer repeats it',
    (name, value, secret) => {
      const after = withHeader(name, value)
      const hider = createHider({ rendered: plain, request: after }, nothingElse)
      expect(hider.headers(after.headers)).toEqual({ ...plain.headers, [name]: '[secret]' })
      expect(hider.text(`you sent ${secret}`)).toBe('you sent [secret]')
    },
  )

  test('a signature is shown: it tells nothing of its secret', () => {
    const after = withHeader('webhook-signature', 'v1,abcdef')
    expect(
      createHider({ rendered: plain, request: after }, hideValues(['whsec_x'])).headers(after.headers),
    ).toEqual(after.headers)
  })

  test('a query parameter that authentication adds, or that is named like a secret, is hidden; the rest is not', () => {
    const url = 'https://crm.example/orders?page=2&access_token=in%20url&k=added'
    const after = { ...plain, url }
    const before = { ...plain, url: 'https://crm.example/orders?page=2&access_token=in%20url' }
    const hider = createHider({ rendered: before, request: after }, nothingElse)
    expect(hider.url(url)).toBe('https://crm.example/orders?page=2&access_token=[secret]&k=[secret]')
    expect(hider.text('in url, added')).toBe('[secret], [secret]')
  })

  test.each([
    ['as it is', (secret: string) => secret],
    ['in a URL', encodeURIComponent],
    ['in base64', (secret: string) => Buffer.from(secret).toString('base64')],
    ['in JSON', (secret: string) => JSON.stringify({ secret }).slice(11, -2)],
  ])('a secret is hidden %s', (_how, write) => {
    const secret = 'que/ry+"&1234'
    const hider = createHider({ rendered: plain, request: plain }, hideValues([secret]))
    expect(hider.text(`<${write(secret)}>`)).toBe('<[secret]>')
  })

  test('headers of an answer that hold secrets by their name are hidden', () => {
    const headers = { 'set-cookie': 'session=1', 'content-type': 'text/plain' }
    expect(createHider(undefined, nothingElse).headers(headers)).toEqual({
      ...headers,
      'set-cookie': '[secret]',
    })
  })

  test('a URL that is none, as custom authentication may make it, is shown and hidden as text', () => {
    const after = withHeader('authorization', 'Bearer tok-1234567')
    const hider = createHider({ rendered: plain, request: { ...after, url: '//tok-1234567' } }, nothingElse)
    expect(hider.url('//tok-1234567')).toBe('//[secret]')
  })
})
