import { createHmac } from 'node:crypto'
import type { OutgoingRequest } from '@manifold/domain'
import fc from 'fast-check'
import { Webhook } from 'standardwebhooks'
import { afterEach, beforeEach, describe, expect, test, vi } from 'vitest'
import { contextWith, NOW_MS, REQUEST, secretOf } from '../../../../test/support/auth-request.ts'
import type { Secret } from '../secret.ts'
import { standardWebhooks } from './standard-webhooks.ts'

const PRESENT = 'whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw'
const OLD = `whsec_${Buffer.from('an older secret of 32 bytes, say').toString('base64')}`

const signWith = (secrets: [Secret, ...Secret[]], request = REQUEST): OutgoingRequest =>
  standardWebhooks(...secrets).authenticate(request, contextWith()) as OutgoingRequest

const verify = (secret: string, { body, headers }: OutgoingRequest): unknown =>
  new Webhook(secret).verify(body as string, { ...headers })

// The library that verifies refuses a time that is not the present.
beforeEach(() => {
  vi.useFakeTimers({ now: NOW_MS, toFake: ['Date'] })
})
afterEach(() => {
  vi.useRealTimers()
})

test('the official library accepts the signature', () => {
  expect(verify(PRESENT, signWith([secretOf(PRESENT)]))).toEqual({ note: 'für €5' })
})

test('whatever text the body is, the signature is the HMAC of id, time and body', () => {
  const present = secretOf(PRESENT)
  const key = Buffer.from(PRESENT.slice('whsec_'.length), 'base64')
  fc.assert(
    fc.property(fc.string({ unit: 'binary' }), (body) => {
      const hmac = createHmac('sha256', key).update(`evt_1-crm.${String(NOW_MS / 1_000)}.${body}`)
      const { headers } = signWith([present], { ...REQUEST, body })
      expect(headers['webhook-signature']).toBe(`v1,${hmac.digest('base64')}`)
    }),
  )
})

test('a request without a body is signed as one with an empty body', () => {
  const present = secretOf(PRESENT)
  const { headers } = signWith([present], { ...REQUEST, body: undefined })
  expect(headers).toEqual(signWith([present], { ...REQUEST, body: '' }).headers)
})

test('only the signature is added to the request', () => {
  const { headers, ...others } = signWith([secretOf(PRESENT)])
  expect({ ...others, headers: REQUEST.headers }).toEqual(REQUEST)
  expect(Object.keys(headers)).toEqual([...Object.keys(REQUEST.headers), 'webhook-signature'])
})

test('while secrets are rotated, a receiver that knows either accepts, and one that knows neither does not', () => {
  const signed = signWith([secretOf(PRESENT, 'MANIFOLD_TEST_NEW'), secretOf(OLD, 'MANIFOLD_TEST_OLD')])
  expect(verify(PRESENT, signed)).toEqual({ note: 'für €5' })
  expect(verify(OLD, signed)).toEqual({ note: 'für €5' })
  const other = `whsec_${Buffer.alloc(32, 7).toString('base64')}`
  expect(() => verify(other, signed)).toThrow('No matching signature')
})

test.each<[string, Partial<OutgoingRequest>]>([
  ['another body', { body: '{"note":"für €500"}' }],
  ['another id', { headers: { ...REQUEST.headers, 'webhook-id': 'evt_2-crm' } }],
  ['another time', { headers: { ...REQUEST.headers, 'webhook-timestamp': String(NOW_MS / 1_000 + 1) } }],
])('a signature does not hold for %s', (_what, changes) => {
  const signed = signWith([secretOf(PRESENT)])
  const headers = { ...signed.headers, ...changes.headers }
  expect(() => verify(PRESENT, { ...signed, ...changes, headers })).toThrow('No matching signature')
})

describe('at the start', () => {
  test('every secret is asked for, and a good one has nothing wrong', () => {
    const secrets: [Secret, Secret] = [
      secretOf(PRESENT, 'MANIFOLD_TEST_NEW'),
      secretOf(OLD, 'MANIFOLD_TEST_OLD'),
    ]
    expect(standardWebhooks(...secrets).secrets).toEqual(secrets)
    expect(standardWebhooks(...secrets).check?.()).toEqual([])
  })

  test('a secret that is not base64 is named, and not shown', () => {
    const wrong = secretOf('whsec_hunter2!', 'MANIFOLD_TEST_WRONG')
    const mistakes = standardWebhooks(secretOf(PRESENT, 'MANIFOLD_TEST_NEW'), wrong).check?.()
    expect(mistakes).toEqual(['secret MANIFOLD_TEST_WRONG: must be whsec_ followed by base64'])
  })
})
