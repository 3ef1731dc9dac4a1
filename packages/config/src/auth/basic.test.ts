import { expect, test } from 'vitest'
import { contextWith, REQUEST, secretOf } from '../../../../test/support/auth-request.ts'
import { basic } from './basic.ts'

test.each([
  ['Aladdin', 'open sesame', 'QWxhZGRpbjpvcGVuIHNlc2FtZQ=='],
  ['test', '123£', 'dGVzdDoxMjPCow=='],
  ['', 'a:b', 'OmE6Yg=='],
])('user %j with password %j is sent as RFC 7617 writes it', (user, password, credentials) => {
  expect(basic(user, secretOf(password)).authenticate(REQUEST, contextWith())).toEqual({
    ...REQUEST,
    headers: { ...REQUEST.headers, authorization: `Basic ${credentials}` },
  })
})

test('a user name with a colon is refused when it is written, as it could not be told from the password', () => {
  expect(() => basic('a:b', secretOf('any'))).toThrow('may not hold a colon')
})

test('the password is a secret that must be there at the start', () => {
  const password = secretOf('any')
  expect(basic('user', password)).toMatchObject({ kind: 'basic', secrets: [password] })
})
