import { afterEach, beforeEach, expect, test, vi } from 'vitest'
import type { CallerReading } from './caller.ts'
import { rememberTokens } from './remember-tokens.ts'

beforeEach(() => void vi.useFakeTimers())
afterEach(() => void vi.useRealTimers())

const caller = (expiresInMs: number): CallerReading => ({
  kind: 'caller',
  caller: { name: 'jwt:shop', scopes: new Set(), expiresAtMs: Date.now() + expiresInMs },
})

test('a good token is checked once a minute', async () => {
  const read = vi.fn(() => Promise.resolve(caller(600_000)))
  const { readToken: remembering } = rememberTokens(read)
  for (let count = 0; count < 3; count++) await remembering('one')
  expect(read).toHaveBeenCalledTimes(1)
  await remembering('other')
  expect(read).toHaveBeenCalledTimes(2)
  vi.advanceTimersByTime(60_000)
  await remembering('one')
  expect(read).toHaveBeenCalledTimes(3)
})

test('what was remembered can be forgotten at once', async () => {
  const read = vi.fn(() => Promise.resolve(caller(600_000)))
  const { readToken: remembering, forget } = rememberTokens(read)
  await remembering('one')
  forget()
  await remembering('one')
  expect(read).toHaveBeenCalledTimes(2)
})

test('a token is never good beyond its end', async () => {
  const read = vi.fn(() => Promise.resolve(caller(1_000)))
  const { readToken: remembering } = rememberTokens(read)
  await remembering('one')
  vi.advanceTimersByTime(1_000)
  await remembering('one')
  expect(read).toHaveBeenCalledTimes(2)
})

test('what is refused is judged anew, and of many tokens the oldest are forgotten', async () => {
  const refused: CallerReading = { kind: 'unauthenticated', detail: 'no', invalid: true }
  const read = vi.fn((token: string) => Promise.resolve(token === 'bad' ? refused : caller(600_000)))
  const { readToken: remembering } = rememberTokens(read, 2)
  for (let count = 0; count < 2; count++) expect(await remembering('bad')).toBe(refused)
  expect(read).toHaveBeenCalledTimes(2)
  for (const token of ['one', 'two', 'three', 'three', 'one']) await remembering(token)
  expect(read).toHaveBeenCalledTimes(2 + 3 + 1)
})
