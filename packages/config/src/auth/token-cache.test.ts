import { expect, test, vi } from 'vitest'
import { createTokenCache, type Token } from './token-cache.ts'

const NOW_MS = 1_769_851_800_000

/** A source of the tokens t1, t2 …, each of which lives as long as is said. */
function tokensOf(lifeMs: number, startMs = NOW_MS) {
  let count = 0
  return vi.fn(() => {
    count += 1
    return Promise.resolve<Token>({ value: `t${String(count)}`, expiresAtMs: startMs + lifeMs })
  })
}

test('a token is fetched once for all deliveries', async () => {
  const fetchToken = tokensOf(300_000)
  const cache = createTokenCache(fetchToken)
  for (const laterMs of [0, 1, 60_000, 200_000]) {
    expect(await cache.get(NOW_MS + laterMs, undefined)).toBe('t1')
  }
  expect(fetchToken).toHaveBeenCalledTimes(1)
})

test('deliveries that need a token at once wait for the same one', async () => {
  const fetching = Promise.withResolvers<Token>()
  const fetchToken = vi.fn(() => fetching.promise)
  const cache = createTokenCache(fetchToken)
  const asked = Array.from({ length: 20 }, () => cache.get(NOW_MS, undefined))
  fetching.resolve({ value: 't1', expiresAtMs: NOW_MS + 300_000 })
  expect(new Set(await Promise.all(asked))).toEqual(new Set(['t1']))
  expect(fetchToken).toHaveBeenCalledTimes(1)
})

test('a token that ran out is fetched anew', async () => {
  const fetchToken = tokensOf(300_000)
  const cache = createTokenCache(fetchToken)
  await cache.get(NOW_MS, undefined)
  expect(await cache.get(NOW_MS + 300_000, undefined)).toBe('t2')
})

test('a token that lives shorter than the margin is used all the same', async () => {
  const fetchToken = tokensOf(10_000)
  const cache = createTokenCache(fetchToken)
  await cache.get(NOW_MS, undefined)
  expect(await cache.get(NOW_MS + 1_000, undefined)).toBe('t1')
})

test('a token that was refused is replaced', async () => {
  const cache = createTokenCache(tokensOf(300_000))
  await cache.get(NOW_MS, undefined)
  expect(await cache.get(NOW_MS, 't1')).toBe('t2')
  expect(await cache.get(NOW_MS, undefined)).toBe('t2')
})

test('a token that was refused and replaced meanwhile is not replaced again', async () => {
  const fetchToken = tokensOf(300_000)
  const cache = createTokenCache(fetchToken)
  await cache.get(NOW_MS, undefined)
  expect(await Promise.all([cache.get(NOW_MS, 't1'), cache.get(NOW_MS, 't1')])).toEqual(['t2', 't2'])
  expect(await cache.get(NOW_MS, 't1')).toBe('t2')
  expect(fetchToken).toHaveBeenCalledTimes(2)
})

test('a failure is that of everyone who waits, and the next one asks again', async () => {
  const fetchToken = vi
    .fn<() => Promise<Token>>()
    .mockRejectedValueOnce(new Error('the token service is down'))
    .mockResolvedValueOnce({ value: 't1', expiresAtMs: NOW_MS + 300_000 })
  const cache = createTokenCache(fetchToken)
  const [first, second] = await Promise.allSettled([
    cache.get(NOW_MS, undefined),
    cache.get(NOW_MS, undefined),
  ])
  expect([first.status, second.status]).toEqual(['rejected', 'rejected'])
  expect(fetchToken).toHaveBeenCalledTimes(1)
  expect(await cache.get(NOW_MS, undefined)).toBe('t1')
})

test('a failed renewal leaves a token that was refused behind: it is not given again', async () => {
  const fetchToken = vi
    .fn<() => Promise<Token>>()
    .mockResolvedValueOnce({ value: 't1', expiresAtMs: NOW_MS + 300_000 })
    .mockRejectedValueOnce(new Error('the token service is down'))
  const cache = createTokenCache(fetchToken)
  await cache.get(NOW_MS, undefined)
  await expect(cache.get(NOW_MS, 't1')).rejects.toThrow('the token service is down')
})
