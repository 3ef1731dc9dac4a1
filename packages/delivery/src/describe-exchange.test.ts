import type { OutgoingRequest, TargetResponse } from '@manifold/domain'
import { describe, expect, test } from 'vitest'
import { REQUEST } from '../../../test/support/auth-request.ts'
import { describeExchange } from './describe-exchange.ts'
import { hideProofs } from './proofs.ts'

const asIs = (text: string) => text

const answered = (text: string, headers: Record<string, string> = {}): TargetResponse => ({
  status: 422,
  headers,
  text,
  truncated: false,
  json: undefined,
})

const withHeaders = (headers: Record<string, string>): OutgoingRequest => ({
  ...REQUEST,
  headers: { ...REQUEST.headers, ...headers },
})

describe('of the request', () => {
  test('method and place are told; of the query, the names only', () => {
    const { request } = describeExchange(REQUEST, undefined, asIs)
    expect(request).toMatchObject({ method: 'POST', url: 'https://crm.example/orders?tenant=[secret]' })
  })

  test('a header that is not on the list is named, and its value hidden', () => {
    const sent = withHeaders({ 'X-Tenant': 'acme', authorization: 'Bearer tok-8842' })
    const { request } = describeExchange(sent, undefined, asIs)
    expect(request.headers).toEqual({
      'content-type': 'application/json',
      'webhook-id': 'evt_1-crm',
      'webhook-timestamp': REQUEST.headers['webhook-timestamp'],
      'x-tenant': '[secret]',
      authorization: '[secret]',
    })
  })
})

describe('of the answer', () => {
  test('the body begins as it came, cut to 512 characters; headers that are not on the list are left out', () => {
    const headers = { 'Retry-After': '3', 'set-cookie': 'session=1', location: 'https://x.example/?token=1' }
    const { response } = describeExchange(REQUEST, answered('x'.repeat(600), headers), asIs)
    expect(response).toEqual({ status: 422, headers: { 'retry-after': '3' }, body: 'x'.repeat(512) })
  })

  test.each([
    ['a token', withHeaders({ authorization: 'Bearer tok-8842' }), 'tok-8842'],
    ['a key of a header', withHeaders({ 'x-key': 'key-8842' }), 'key-8842'],
    ['a key in the query', { ...REQUEST, url: `${REQUEST.url}&key=key%208842` }, 'key 8842'],
    ['the same, as it was written', { ...REQUEST, url: `${REQUEST.url}&key=key%208842` }, 'key%208842'],
  ])('what authentication added is hidden where the target repeats it: %s', (_what, sent, proof) => {
    const { response } = describeExchange(
      sent,
      answered(`no: "${proof}", of acme`),
      hideProofs(REQUEST, sent),
    )
    expect(response?.body).toBe('no: "[secret]", of acme')
  })

  test('a secret over the cut is hidden as well', () => {
    const sent = withHeaders({ authorization: `Bearer tok-8842` })
    const { response } = describeExchange(
      sent,
      answered(`${'x'.repeat(508)}tok-8842`),
      hideProofs(REQUEST, sent),
    )
    expect(response?.body).not.toContain('tok-')
  })

  test('a secret over the end of what is searched is not told, however much was hidden before it', () => {
    const token = `tok-${'x'.repeat(4_000)}`
    const sent = withHeaders({ authorization: `Bearer ${token}` })
    const { response } = describeExchange(sent, answered(token.repeat(5)), hideProofs(REQUEST, sent))
    expect(response?.body).toBe('')
    const { response: short } = describeExchange(sent, answered(token.repeat(4)), hideProofs(REQUEST, sent))
    expect(short?.body).toBe('[secret]'.repeat(4))
  })

  test('of a body that was cut off, the beginning of a secret at its end is hidden', () => {
    const sent = withHeaders({ authorization: 'Bearer tok-8842-abcdef' })
    const cut = { ...answered('no: tok-8842-a'), truncated: true }
    expect(describeExchange(sent, cut, hideProofs(REQUEST, sent)).response?.body).toBe('no: [secret]')
  })

  test('whatever else is known to be secret is hidden', () => {
    const { response } = describeExchange(REQUEST, answered('pssst'), (text) => text.replace('pssst', '-'))
    expect(response?.body).toBe('-')
  })
})

describe('of an address that is a secret itself', () => {
  const sent = { ...REQUEST, url: 'https://hooks.example:8443/t/path%208842?key=query%2B8842&bare-8842#x' }
  const told = (text: string) => describeExchange(sent, answered(text), asIs, 'origin')

  test('the origin alone is told', () => {
    expect(told('').request.url).toBe('https://hooks.example:8443')
  })

  test.each([
    'no /t/path%208842?key=query%2B8842&bare-8842 here',
    'no /t/path%208842 here',
    '{"path":"path 8842"}',
    'key is query+8842, or query%2b8842',
    'what is bare-8842',
    Buffer.from('query+8842').toString('base64'),
  ])('and what an answer repeats of its path and query is hidden: %s', (text) => {
    const body = told(text).response?.body
    expect(body).not.toMatch(/8842|cXVlcnk/)
    expect(body).toContain('[secret]')
  })

  test('an answer that repeats nothing of it is told as it came', () => {
    expect(told('overloaded').response?.body).toBe('overloaded')
  })
})
