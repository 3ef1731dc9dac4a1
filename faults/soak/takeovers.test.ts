import { expect, test } from 'vitest'
import { momentMs, request } from '../oracle/clean-run.ts'
import { POLICY } from '../oracle/policy.ts'
import type { Window } from '../oracle/windows.ts'
import { lateTakeovers, takeovers } from './takeovers.ts'

const kill: Window = {
  what: 'SIGKILL of worker 1',
  excuses: 'duplicates',
  fromMs: momentMs(20),
  untilMs: momentMs(20),
}

const cut = request('evt_1', 0, null)
const promisedMs = POLICY.timeoutMs + 15_000

test('what a kill cut off is taken over when it comes again', () => {
  const requests = [cut, request('evt_1', 2_010, 200), request('evt_2', 0, 200)]
  expect(takeovers(requests, [kill])).toEqual([{ deliveryId: 'evt_1-alpha', afterMs: 2_000 }])
})

test('what was answered and not recorded is taken over, too', () => {
  const requests = [request('evt_1', 0, 200), request('evt_1', 510, 200)]
  expect(takeovers(requests, [kill])).toMatchObject([{ afterMs: 500 }])
})

test.each([
  ['a retry that the target caused', [request('evt_1', 0, 503), request('evt_1', 2_000, 200)], [kill]],
  [
    'what was over long before the kill',
    [request('evt_1', -5_000, null), request('evt_1', 900, 200)],
    [kill],
  ],
  ['a cut without a kill', [cut, request('evt_1', 2_000, 200)], [{ ...kill, what: 'reset' }]],
])('none: %s', (_what, requests, windows) => {
  expect(takeovers(requests, windows)).toEqual([])
})

test.each([
  ['a Redis that is away', { excuses: 'duplicates' }, 980],
  ['a pause of its target', { excuses: 'lateness', target: 'alpha' }, 980],
  ['a pause of another target', { excuses: 'lateness', target: 'beta' }, 6_000],
  ['a producer that stands still', { excuses: 'first-attempts' }, 6_000],
] as const)(
  'of what is disturbed in between only what holds it up does not count: %s',
  (_what, more, afterMs) => {
    const other: Window = { what: 'another', fromMs: momentMs(1_000), untilMs: momentMs(5_000), ...more }
    const requests = [cut, request('evt_1', 6_010, 200)]
    expect(takeovers(requests, [kill, other])).toMatchObject([{ afterMs }])
  },
)

test('two disturbances at a time are subtracted once', () => {
  const away: Window = { ...kill, what: 'Redis away', fromMs: momentMs(1_000), untilMs: momentMs(2_000) }
  const requests = [cut, request('evt_1', 9_010, 200)]
  expect(takeovers(requests, [kill, away, { ...away, what: 'silence' }])).toMatchObject([{ afterMs: 6_000 }])
})

test('one that takes longer than is promised is found', () => {
  const after = (ms: number) => takeovers([cut, request('evt_1', ms, 200)], [kill])
  expect(lateTakeovers(after(promisedMs), POLICY)).toEqual([])
  expect(lateTakeovers(after(promisedMs + 500), POLICY)).toMatchObject([
    { kind: 'taken-over-late', subject: 'evt_1-alpha' },
  ])
})

test('what died beside a kill and was replayed later was not taken over', () => {
  const requests = [cut, request('evt_1', 120_000, 200)]
  expect(takeovers(requests, [kill])).toHaveLength(1)
  expect(takeovers(requests, [kill], new Set(['evt_1-alpha']))).toEqual([])
})
