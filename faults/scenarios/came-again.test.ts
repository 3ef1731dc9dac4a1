import { expect, test } from 'vitest'
import { momentMs, request } from '../oracle/clean-run.ts'
import { countCameAgain } from './came-again.ts'

const struckMs = momentMs(20)

test('what was in flight and came again was taken over', () => {
  expect(countCameAgain([request('evt_1', 0, null), request('evt_1', 2_000, 200)], struckMs)).toBe(1)
  expect(countCameAgain([request('evt_1', 0, 200), request('evt_1', 2_000, 200)], struckMs)).toBe(1)
})

test.each([
  ['what came once', [request('evt_1', 0, 200)]],
  ['what was over long before', [request('evt_1', -5_000, null), request('evt_1', -4_000, 200)]],
  ['what came later', [request('evt_1', 5_000, 503), request('evt_1', 6_000, 200)]],
])('not %s', (_what, requests) => {
  expect(countCameAgain(requests, struckMs)).toBe(0)
})
