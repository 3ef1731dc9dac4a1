/** The checker sees each kind of error that is planted in a run that is well. */
import { describe, expect, test } from 'vitest'
import { check } from './check.ts'
import { accepted, cleanRun, delivery, event, momentMs, request } from './clean-run.ts'
import type { Testimony } from './evidence.ts'
import type { FindingKind } from './finding.ts'
import {
  withSnapshot,
  withEvent,
  withRequests,
  withDead,
  withSecondDeath,
  withTraffic,
  withLine,
  withRequest,
  withQueue,
  disturbed,
  disturbedTwice,
  kindsIn,
  taken,
  again,
  failed,
  stopped,
  seven,
  lateFirst,
  cancelled,
} from './planted.ts'

test('in a run that is well nothing is found', () => {
  expect(check(cleanRun())).toEqual([])
})

describe('found', () => {
  const planted: [string, FindingKind[], Testimony][] = [
    [
      'an event nobody knows any more',
      ['lost'],
      { ...cleanRun(), ledger: [...cleanRun().ledger, accepted('evt_4')] },
    ],
    ['a delivery that its event does not have', ['lost', 'wrong-status'], withEvent('evt_1', 'delivered')],
    [
      'a delivery that has not ended',
      ['stuck', 'queues-disagree'],
      withRequests([failed], [failed], { status: 'retrying' }),
    ],
    ['a request behind a 2xx', ['duplicated'], withRequests([taken, again])],
    ['two requests at a time', ['duplicated'], withRequests([{ ...failed, endedMs: momentMs(900) }, again])],
    ['delivered, and never taken', ['wrong-status'], withRequests([failed])],
    ['discarded by nobody', ['wrong-status'], withRequests([], [], { status: 'discarded' })],
    ['cancelled by nobody', ['wrong-status'], withRequests([], [], { status: 'cancelled' })],
    [
      'a status that the deliveries do not make',
      ['wrong-status'],
      withEvent('evt_1', 'failed', delivery('evt_1', 'delivered', [taken])),
    ],
    ['dead, though it was taken', ['wrong-status', 'dead-without-cause'], withDead([taken], 'rejected')],
    ['exhausted after one attempt', ['dead-without-cause'], withDead([failed], 'exhausted')],
    ['rejected after a 500', ['dead-without-cause'], withDead([failed], 'rejected')],
    ['gone without a 410', ['dead-without-cause'], withDead([failed], 'gone')],
    ['expired when it was young', ['dead-without-cause'], withDead([failed], 'expired')],
    ['dead for a reason that nothing can have caused', ['dead-without-cause'], withDead([], 'invalid')],
    ['blocked at an address that is allowed', ['dead-without-cause'], withDead([], 'blocked')],
    [
      'a request whose answer was lost on its way, and that is no attempt',
      ['attempts-disagree'],
      disturbed(withRequests([taken, again], [again]), 'answers', 15),
    ],
    [
      'a retry before Retry-After is over',
      ['retried-too-early'],
      withRequests([stopped, request('evt_1', 4_500, 200)]),
    ],
    [
      'a retry eight seconds later, with nothing disturbed',
      ['retried-too-late'],
      withRequests([failed, request('evt_1', 8_000, 200)]),
    ],
    [
      'a retry that two windows at once do not hold up for longer',
      ['retried-too-late'],
      disturbedTwice(withRequests([failed, request('evt_1', 50_000, 200)])),
    ],
    [
      'a retry that was late while another target was held up',
      ['retried-too-late'],
      {
        ...withRequests([failed, request('evt_1', 8_000, 200)]),
        windows: [
          {
            what: 'beta',
            excuses: 'lateness',
            target: 'beta',
            fromMs: momentMs(0),
            untilMs: momentMs(8_000),
          },
        ],
      },
    ],
    [
      'a retry that was late while only a producer was disturbed',
      ['retried-too-late'],
      disturbed(withRequests([failed, request('evt_1', 8_000, 200)]), 'first-attempts', 0, 8_000),
    ],
    [
      'a retry that was later than the machine was slow',
      ['retried-too-late'],
      disturbed(withRequests([failed, request('evt_1', 8_000, 200)]), 'slowness', 3_000, 4_000),
    ],
    [
      'a second request when the machine was slow',
      ['duplicated'],
      disturbed(withRequests([taken, again]), 'slowness', 0, 900),
    ],
    [
      'an event that waited though its target was left alone',
      ['first-tried-too-late'],
      withRequests([lateFirst]),
    ],
    [
      'an event that waited while later ones went first',
      ['first-tried-too-late'],
      withTraffic(withRequests([request('evt_1', 35_000, 200)])),
    ],
    ['a seventh attempt of six', ['tried-too-often'], withDead(seven, 'exhausted')],
    [
      'a seventh request, though no more than six are recorded',
      ['tried-too-often', 'attempts-disagree'],
      withDead(seven, 'exhausted', 2_000, seven.slice(1)),
    ],
    [
      'an attempt at what is too old',
      ['tried-past-its-age'],
      withRequests([request('evt_1', 0, 429, 600_000), request('evt_1', 602_000, 200)]),
    ],
    [
      'a replay that was answered 202, and did nothing',
      ['wrong-status'],
      withLine({ kind: 'replayed', deliveryId: 'evt_3-alpha', atMs: momentMs(1_000) }),
    ],
    [
      'delivered, though it was discarded',
      ['wrong-status'],
      withLine({ kind: 'discarded', deliveryId: 'evt_1-alpha', atMs: momentMs(1_000) }),
    ],
    [
      'a third request, though only the first is excused',
      ['duplicated'],
      disturbed(
        withRequests(
          [taken, request('evt_1', 2_000, 200), request('evt_1', 4_000, 200)],
          [request('evt_1', 2_000, 200), request('evt_1', 4_000, 200)],
        ),
        'duplicates',
        15,
      ),
    ],
    [
      'a second request when a producer was killed',
      ['duplicated'],
      disturbed(withRequests([taken, again]), 'first-attempts', 15),
    ],
    [
      'a second request of what began when the disturbance was over',
      ['duplicated'],
      disturbed(
        withRequests([request('evt_1', 1_600, 200), request('evt_1', 2_100, 200)]),
        'duplicates',
        0,
        500,
      ),
    ],
    [
      'a second request of what others sent while a worker stood still',
      ['duplicated'],
      disturbed(
        withRequests([request('evt_1', 2_500, 200), request('evt_1', 5_000, 200)]),
        'pause',
        0,
        10_000,
      ),
    ],
    [
      'a second request long after a worker that stood still woke',
      ['duplicated'],
      disturbed(
        withRequests([request('evt_1', 2_500, 200), request('evt_1', 12_000, 200)]),
        'pause',
        0,
        10_000,
      ),
    ],
    [
      'a request to a target that the event was not for',
      ['not-promised'],
      withRequest({ ...taken, target: 'beta', deliveryId: 'evt_1-beta', idempotencyKey: 'evt_1-beta' }),
    ],
    [
      'rejected again, though it was refused only in its first life',
      ['dead-without-cause'],
      withSecondDeath(500),
    ],
    [
      'expired shortly before, without a last attempt',
      ['dead-without-cause'],
      withDead([failed], 'expired', 596_000),
    ],
    ['an event that another target got', ['body-differs'], withRequests([{ ...taken, target: 'beta' }])],
    [
      'a dead letter that is twice on its queue',
      ['queues-disagree'],
      withQueue({ deadJobIds: ['evt_3.1', 'evt_3.1'] }),
    ],
    [
      'attempts that are not numbered one by one',
      ['attempts-disagree'],
      withRequests([failed, again], [failed, again], {
        attemptList: delivery('evt_1', 'delivered', [failed, again]).attemptList.map((one) => ({
          ...one,
          number: 2 * one.number - 1,
        })),
      }),
    ],
    [
      'delivered, though one of its deliveries is not',
      ['wrong-status'],
      withEvent('evt_1', 'delivered', delivery('evt_1', 'delivered', [taken]), cancelled),
    ],
    ['failed, though it was cancelled', ['wrong-status'], withEvent('evt_9', 'failed', cancelled)],
    ['a request that is not recorded', ['attempts-disagree'], withRequests([failed, again], [again])],
    ['an attempt that never came', ['attempts-disagree'], withRequests([taken], [failed, taken])],
    [
      'more attempts counted than listed',
      ['attempts-disagree'],
      withRequests([taken], [taken], { attempts: 2 }),
    ],
    [
      'other bytes the second time',
      ['body-differs'],
      withRequests([failed, { ...again, bodyHash: 'other' }]),
    ],
    ['the data of another event', ['body-differs'], withRequests([{ ...taken, key: 'another' }])],
    [
      'an Idempotency-Key that is not the delivery’s',
      ['body-differs'],
      withRequests([{ ...taken, idempotencyKey: 'x' }]),
    ],
    ['an entry left on a queue', ['queues-disagree'], withQueue({ jobs: 1 })],
    ['a backlog that counts what has ended', ['queues-disagree'], withQueue({ backlog: 1 })],
    ['a dead letter that is on no queue', ['queues-disagree'], withQueue({ deadJobIds: [] })],
    ['a dead letter of another generation', ['queues-disagree'], withQueue({ deadJobIds: ['evt_3.2'] })],
    ['a dead letter that is not listed', ['queues-disagree'], withSnapshot({ deadLetters: [] })],
    ['an entry left on the outbox', ['outbox-not-empty'], withSnapshot({ outbox: 1 })],
  ]

  test.each(planted)('%s: %j', (_what, kinds, run) => {
    expect(kindsIn(run)).toEqual(kinds)
  })

  test('an event whose deliveries have ended and that has not', () => {
    const ended = event('evt_1', 'delivered', delivery('evt_1', 'delivered', [taken]))
    const events = new Map(cleanRun().snapshot.events)
    const run = withSnapshot({ events: events.set('evt_1', { ...ended, settledAtMs: null }) })
    expect(kindsIn(run)).toEqual(['stuck'])
  })

  test('one event under two delivery ids', () => {
    const run = cleanRun()
    const twin = { ...again, deliveryId: 'evt_9-alpha', idempotencyKey: 'evt_9-alpha' }
    expect(kindsIn({ ...run, requests: [...run.requests, twin] })).toEqual(['duplicated-under-another-id'])
  })
})
