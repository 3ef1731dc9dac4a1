import type { Auth, AuthContext, OutgoingRequest } from '@manifold/domain'
import { expect, test, vi } from 'vitest'
import { authenticate } from './authenticate.ts'

const request: OutgoingRequest = {
  method: 'POST',
  url: 'https://crm.example/',
  headers: { 'x-tenant': 'acme' },
  body: '{}',
}

const context: AuthContext = {
  fetch: () => Promise.reject(new Error('no network in this test')),
  nowMs: 1_769_851_800_000,
  rejected: undefined,
}

const authWith = (act: Auth['authenticate']): Auth => ({ kind: 'test', secrets: [], authenticate: act })

const signed = (one: OutgoingRequest) => ({
  ...one,
  headers: { ...one.headers, authorization: 'Bearer abc' },
})

test('the request goes on as the auth builder gives it back', async () => {
  expect(await authenticate(authWith(signed), request, context)).toEqual({
    kind: 'authenticated',
    request: { ...request, headers: { 'x-tenant': 'acme', authorization: 'Bearer abc' } },
  })
})

test('an auth builder may take its time', async () => {
  const auth = authWith((one) => Promise.resolve(signed(one)))
  expect(await authenticate(auth, request, context)).toEqual({
    kind: 'authenticated',
    request: signed(request),
  })
})

test('an auth builder that throws is an expected failure, with what it said', async () => {
  const auth = authWith(() => {
    throw new Error('secret CRM_TOKEN: set CRM_TOKEN or CRM_TOKEN_FILE')
  })
  expect(await authenticate(auth, request, context)).toEqual({
    kind: 'failed',
    error: 'secret CRM_TOKEN: set CRM_TOKEN or CRM_TOKEN_FILE',
  })
})

test('an auth builder whose promise is rejected is an expected failure, with what it said', async () => {
  const auth = authWith(() => Promise.reject(new Error('the token service is down')))
  expect(await authenticate(auth, request, context)).toEqual({
    kind: 'failed',
    error: 'the token service is down',
  })
})

test('what is thrown need not be an Error', async () => {
  const auth = authWith(() => {
    // eslint-disable-next-line @typescript-eslint/only-throw-error
    throw 'no token'
  })
  expect(await authenticate(auth, request, context)).toEqual({ kind: 'failed', error: 'no token' })
})

test('an auth builder is given the request and what it may use besides', async () => {
  const act = vi.fn(signed)
  await authenticate(authWith(act), request, context)
  expect(act).toHaveBeenCalledExactlyOnceWith(request, context)
})

test.each([
  ['a carriage return and line feed', 'x-proof', 'hunter2\r\nx-admin: 1'],
  ['a line feed', 'x-proof', 'hunter2\nx-admin: 1'],
  ['a null character', 'x-proof', 'hunter2\0'],
  ['a character beyond Latin-1', 'x-proof', 'hunter2€'],
  ['a line break in its name', 'x-proof\r\nx-admin', 'hunter2'],
  ['no name', '', 'hunter2'],
])(
  'a header with %s is invalid whoever made it, and its value is not repeated',
  async (_what, name, value) => {
    const byBuilder = authWith((one) => ({ ...one, headers: { ...one.headers, [name]: value } }))
    const byUser = { ...request, headers: { [name]: value } }
    for (const authenticated of [
      await authenticate(byBuilder, request, context),
      await authenticate(authWith(signed), byUser, context),
    ]) {
      expect(authenticated).toEqual({ kind: 'invalid', error: expect.any(String) as unknown })
      expect(JSON.stringify(authenticated)).not.toContain('hunter2')
    }
  },
)

test.each(['transfer-encoding', 'connection', 'keep-alive', 'upgrade', 'expect', 'content-length'])(
  'the header %s is the connection’s own, and invalid',
  async (name) => {
    const own = authWith((one) => ({ ...one, headers: { ...one.headers, [name]: 'hunter2' } }))
    const authenticated = await authenticate(own, request, context)
    expect(authenticated).toEqual({ kind: 'invalid', error: expect.stringContaining(name) as unknown })
    expect(JSON.stringify(authenticated)).not.toContain('hunter2')
  },
)

test.each([
  ['nothing', undefined],
  ['a request without headers', { url: 'https://crm.example/' }],
])('a builder that gives %s has failed, at once or later: it never rejects', async (_name, given) => {
  // As a user's plain JavaScript would.
  const odd = given as unknown as OutgoingRequest
  for (const act of [() => odd, () => Promise.resolve(odd)])
    expect(await authenticate(authWith(act), request, context)).toMatchObject({ kind: 'failed' })
})
