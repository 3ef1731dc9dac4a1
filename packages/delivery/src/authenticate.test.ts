import type { Auth, OutgoingRequest } from '@manifold/domain'
import { expect, test } from 'vitest'
import { authenticate } from './authenticate.ts'

const request: OutgoingRequest = {
  method: 'POST',
  url: 'https://crm.example/',
  headers: { 'x-tenant': 'acme' },
  body: '{}',
}

const authWith = (act: Auth['authenticate']): Auth => ({ kind: 'test', secrets: [], authenticate: act })

const signed = (one: OutgoingRequest) => ({
  ...one,
  headers: { ...one.headers, authorization: 'Bearer abc' },
})

test('the request goes on as the auth builder gives it back', async () => {
  expect(await authenticate(authWith(signed), request)).toEqual({
    kind: 'authenticated',
    request: { ...request, headers: { 'x-tenant': 'acme', authorization: 'Bearer abc' } },
  })
})

test('an auth builder may take its time', async () => {
  const auth = authWith((one) => Promise.resolve(signed(one)))
  expect(await authenticate(auth, request)).toEqual({ kind: 'authenticated', request: signed(request) })
})

test('an auth builder that throws is an expected failure, with what it said', async () => {
  const auth = authWith(() => {
    throw new Error('secret CRM_TOKEN: set CRM_TOKEN or CRM_TOKEN_FILE')
  })
  expect(await authenticate(auth, request)).toEqual({
    kind: 'failed',
    error: 'secret CRM_TOKEN: set CRM_TOKEN or CRM_TOKEN_FILE',
  })
})

test('an auth builder whose promise is rejected is an expected failure, with what it said', async () => {
  const auth = authWith(() => Promise.reject(new Error('the token service is down')))
  expect(await authenticate(auth, request)).toEqual({ kind: 'failed', error: 'the token service is down' })
})

test('what is thrown need not be an Error', async () => {
  const auth = authWith(() => {
    // eslint-disable-next-line @typescript-eslint/only-throw-error
    throw 'no token'
  })
  expect(await authenticate(auth, request)).toEqual({ kind: 'failed', error: 'no token' })
})
