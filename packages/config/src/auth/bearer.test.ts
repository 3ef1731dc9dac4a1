import { expect, test } from 'vitest'
import { contextWith, REQUEST, secretOf } from '../../../../test/support/auth-request.ts'
import { secret } from '../secret.ts'
import { bearer } from './bearer.ts'

test('a bearer token goes into the authorization header, and nothing else changes', () => {
  expect(bearer(secretOf('abc')).authenticate(REQUEST, contextWith())).toEqual({
    ...REQUEST,
    headers: { ...REQUEST.headers, authorization: 'Bearer abc' },
  })
})

test('a bearer token replaces an authorization the target wrote itself', () => {
  const request = { ...REQUEST, headers: { authorization: 'Basic abc' } }
  expect(bearer(secretOf('abc')).authenticate(request, contextWith())).toMatchObject({
    headers: { authorization: 'Bearer abc' },
  })
})

test('a bearer token is read when it is used, not when it is named', () => {
  const token = secret('MANIFOLD_TEST_UNSET')
  expect(bearer(token).secrets).toEqual([token])
  expect(() => bearer(token).authenticate(REQUEST, contextWith())).toThrow('secret MANIFOLD_TEST_UNSET')
})
