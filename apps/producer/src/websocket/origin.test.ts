import { expect, test } from 'vitest'
import { isOriginAllowed } from './origin.ts'

const allowed = ['https://app.example']

test.each([
  [undefined, 'api.example', true],
  ['https://api.example', 'api.example', true],
  ['http://localhost:3000', 'localhost:3000', true],
  ['http://localhost:3000', 'LOCALHOST:3000', true],
  ['https://app.example', 'api.example', true],
  ['http://app.example', 'api.example', false],
  ['http://localhost:3000', 'localhost:3001', false],
  ['https://api.example.evil.example', 'api.example', false],
  ['null', 'null', false],
  ['', '', false],
  ['file://', '', false],
  ['https://api.example', undefined, false],
])('a page of %s may connect to %s: %s', (origin, host, may) => {
  expect(isOriginAllowed(origin, host, allowed)).toBe(may)
})
