import { expect, test, vi } from 'vitest'
import { contextWith, REQUEST, secretOf } from '../../../../test/support/auth-request.ts'
import { custom } from './custom.ts'

test('a custom function is given the request and the context, and gives the request its last form', async () => {
  const context = contextWith()
  const signed = { ...REQUEST, headers: { ...REQUEST.headers, 'x-signature': 'abc' } }
  const authenticate = vi.fn(() => Promise.resolve(signed))
  expect(await custom(authenticate).authenticate(REQUEST, context)).toBe(signed)
  expect(authenticate).toHaveBeenCalledExactlyOnceWith(REQUEST, context)
})

test('the secrets a custom function reveals must be there at the start', () => {
  const secrets = [secretOf('a', 'MANIFOLD_TEST_A'), secretOf('b', 'MANIFOLD_TEST_B')]
  expect(custom((request) => request, ...secrets)).toMatchObject({ kind: 'custom', secrets })
  expect(custom((request) => request).secrets).toEqual([])
})
