/** What was disturbed excuses what it can have caused, and nothing else. */
import { describe, expect, test } from 'vitest'
import { check } from './check.ts'
import { cleanRun, delivery, request } from './clean-run.ts'
import {
  withEvent,
  withRequests,
  withDead,
  withSecondDeath,
  withRequest,
  disturbed,
  kindsIn,
  taken,
  again,
  failed,
  lateFirst,
  cancelled,
  refusedLater,
} from './planted.ts'

describe('excused', () => {
  test.each([
    [
      'a second request of what was in flight at a kill',
      disturbed(withRequests([taken, again], [again]), 'duplicates', 15),
    ],
    [
      'an answer that a kill kept from the record',
      disturbed(withDead(refusedLater(), 'rejected'), 'duplicates', 15),
    ],
    [
      'a retry that was held up',
      disturbed(withRequests([failed, request('evt_1', 60_000, 200)]), 'lateness', 1_000, 50_000),
    ],
    [
      'a second request of what was answered on a cut link, as long as both are attempts',
      disturbed(withRequests([taken, again], [request('evt_1', 0, null), again]), 'answers', 15),
    ],
    [
      'blocked while its name meant a forbidden address',
      disturbed(withDead([], 'blocked'), 'lateness', 0, 50, 'blocked'),
    ],
    [
      'a seventh attempt of six, of one that had it in hand when the sixth was delivered by another',
      disturbed(
        withRequests([
          ...Array.from({ length: 5 }, (_, at) => request('evt_1', at, 500)),
          request('evt_1', 5, 200),
          again,
        ]),
        'duplicates',
        15,
      ),
    ],
    ['an attempt that did not reach the receiver', withRequests([again], [request('evt_1', 0, null), again])],
    ['an expired one that was old', withDead([failed], 'expired', 600_000)],
    [
      'an expired one whose last attempt failed',
      withDead([request('evt_1', 0, 429, 595_000), request('evt_1', 595_500, 500)], 'expired', 595_520),
    ],
    ['rejected again, and refused again', withSecondDeath(422)],
    [
      'a request that a worker made when it woke, though another had taken over',
      disturbed(
        withRequests(
          [request('evt_1', 2_500, 200), request('evt_1', 10_050, 200)],
          [request('evt_1', 2_500, 200)],
        ),
        'pause',
        0,
        10_000,
      ),
    ],
    [
      'a second request of what was answered too late on a slow machine, as long as both are attempts',
      disturbed(withRequests([taken, again], [request('evt_1', 0, null), again]), 'slowness', -2_900, 0),
    ],
    [
      'a retry that was as late as the machine was slow',
      disturbed(withRequests([failed, request('evt_1', 8_000, 200)]), 'slowness', 3_000, 7_000),
    ],
    [
      'a first try that was late while a producer was disturbed',
      disturbed(withRequests([lateFirst]), 'first-attempts', 0, 100),
    ],
    [
      'a first try at a target that had asked to be left alone',
      withRequest(request('evt_x', 0, 429, 9_900), withRequests([lateFirst])),
    ],
    [
      'a first try that was to be later',
      {
        ...withRequests([lateFirst]),
        ledger: cleanRun().ledger.map((line) => ({ ...line, delayMs: 9_900 })),
      },
    ],
    [
      'an event that was delivered in part',
      withEvent('evt_1', 'partially_delivered', delivery('evt_1', 'delivered', [taken]), cancelled),
    ],
    ['an event that was cancelled', withEvent('evt_9', 'cancelled', cancelled)],
  ])('%s', (_what, run) => {
    expect(check(run)).toEqual([])
  })

  test('a request that was sent before a kill, and seen behind it', () => {
    expect(check(disturbed(withRequests([taken, again], [again]), 'duplicates', -900))).toEqual([])
  })

  test('not by a kill long before it', () => {
    const early = disturbed(withRequests([taken, again]), 'duplicates', -1_200)
    expect(kindsIn(early)).toEqual(['duplicated'])
  })

  test('not by a kill long after it', () => {
    const late = disturbed(withRequests([taken, request('evt_1', 9_000, 200)]), 'duplicates', 8_000)
    expect(kindsIn(late)).toEqual(['duplicated'])
  })

  test('not a duplicate by what only holds up', () => {
    expect(kindsIn(disturbed(withRequests([taken, again]), 'lateness', 0, 900))).toEqual(['duplicated'])
  })
})
