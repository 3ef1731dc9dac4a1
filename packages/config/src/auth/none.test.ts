import { expect, test } from 'vitest'
import { contextWith, REQUEST } from '../../../../test/support/auth-request.ts'
import { none } from './none.ts'

test('without authentication the request goes out as it was rendered', () => {
  expect(none().authenticate(REQUEST, contextWith())).toBe(REQUEST)
})

test('no authentication needs no secret, and has nothing to renew', () => {
  expect(none()).toMatchObject({ kind: 'none', secrets: [] })
  expect(none().renewable).toBeUndefined()
})
