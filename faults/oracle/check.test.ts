/** The checker sees each kind of error that is planted in a run that is well, and nothing else. */
import { describe, expect, test } from 'vitest'
import { check } from './check.ts'
import { accepted, cleanRun, delivery, event, momentMs, request } from './clean-run.ts'
import type { Testimony } from './evidence.ts'
import type { FindingKind } from './finding.ts'
import type { LedgerLine } from './ledger.ts'
import type { DeliverySeen, Snapshot } from './snapshot.ts'
import type { Window } from './windows.ts'

type Requests = Testimony['requests']

function withSnapshot(parts: Partial<Snapshot>): Testimony {
  const run = cleanRun()
  return { ...run, snapshot: { ...run.snapshot, ...parts } }
}

function withEvent(id: string, status: string, ...deliveries: DeliverySeen[]): Testimony {
  const events = new Map(cleanRun().snapshot.events)
  return withSnapshot({ events: events.set(id, event(id, status, ...deliveries)) })
}

/** `evt_1` as it would look with other requests, all of which are recorded unless told otherwise. */
function withRequests(own: Requests, recorded = own, parts: Partial<DeliverySeen> = {}): Testimony {
  const seen = { ...delivery('evt_1', 'delivered', recorded), ...parts }
  const run = withEvent('evt_1', seen.status === 'delivered' ? 'delivered' : 'failed', seen)
  const others = run.requests.filter(({ deliveryId }) => deliveryId !== 'evt_1-alpha')
  return { ...run, requests: [...others, ...own] }
}

/** `evt_1` as a dead letter, where every list says so. */
function withDead(own: Requests, reason: string, diedAfterMs = 20, recorded = own): Testimony {
  const run = withRequests(own, recorded, { status: 'dead', reason })
  const letter = { id: 'evt_1-alpha', reason, generation: 1, diedAtMs: momentMs(diedAfterMs) }
  const { queues, deadLetters } = run.snapshot
  return {
    ...run,
    snapshot: {
      ...run.snapshot,
      queues: queues.map((queue) => ({ ...queue, deadJobIds: [...queue.deadJobIds, 'evt_1.1'] })),
      deadLetters: [...deadLetters, letter],
    },
  }
}

/** `evt_1` refused in its first life, replayed by an operator, and dead of the same reason after another answer. */
function withSecondDeath(status: number): Testimony {
  const own = [request('evt_1', 0, 422), request('evt_1', 3_000, status)]
  const run = withDead(own, 'rejected', 3_030)
  const { events, queues, deadLetters } = run.snapshot
  const attemptList = delivery('evt_1', 'dead', own).attemptList.map((one, index) => ({
    ...one,
    generation: index + 1,
  }))
  const dead = { ...delivery('evt_1', 'dead', own), reason: 'rejected', generation: 2, attemptList }
  return {
    ...run,
    ledger: [...run.ledger, { kind: 'replayed', deliveryId: dead.id, atMs: momentMs(2_900) }],
    snapshot: {
      ...run.snapshot,
      events: new Map(events).set('evt_1', event('evt_1', 'failed', dead)),
      queues: queues.map((queue) => ({ ...queue, deadJobIds: ['evt_3.1', 'evt_1.2'] })),
      deadLetters: deadLetters.map((one) => (one.id === dead.id ? { ...one, generation: 2 } : one)),
    },
  }
}

/** Twenty more events, one each second, each sent on at once. */
function withTraffic(run: Testimony): Testimony {
  const ids = Array.from({ length: 20 }, (_, index) => ({
    id: `evt_${String(100 + index)}`,
    afterMs: index * 1_000,
  }))
  const own = ids.map(({ id, afterMs }) => request(id, afterMs, 200))
  const events = new Map(run.snapshot.events)
  for (const [index, { id }] of ids.entries())
    events.set(id, event(id, 'delivered', delivery(id, 'delivered', own.slice(index, index + 1))))
  return {
    ...run,
    ledger: [...run.ledger, ...ids.map(({ id, afterMs }) => ({ ...accepted(id), atMs: momentMs(afterMs) }))],
    requests: [...run.requests, ...own],
    snapshot: { ...run.snapshot, events },
  }
}

function withLine(line: LedgerLine): Testimony {
  const run = cleanRun()
  return { ...run, ledger: [...run.ledger, line] }
}

function withRequest(more: Requests[number], run = cleanRun()): Testimony {
  return { ...run, requests: [...run.requests, more] }
}

function withQueue(parts: Partial<Snapshot['queues'][number]>): Testimony {
  return withSnapshot({ queues: cleanRun().snapshot.queues.map((queue) => ({ ...queue, ...parts })) })
}

function disturbed(
  run: Testimony,
  excuses: Window['excuses'],
  fromMs: number,
  untilMs = fromMs,
  kills?: Window['kills'],
): Testimony {
  const window = { what: 'kill', excuses, fromMs: momentMs(fromMs), untilMs: momentMs(untilMs) }
  return { ...run, windows: [kills === undefined ? window : { ...window, kills }] }
}

/** Two windows at the same time. */
function disturbedTwice(run: Testimony): Testimony {
  const [window] = disturbed(run, 'lateness', 1_000, 20_000).windows
  return { ...run, windows: window === undefined ? [] : [window, { ...window, what: 'another' }] }
}

const kindsIn = (run: Testimony) => [...new Set(check(run).map(({ kind }) => kind))]

const taken = request('evt_1', 0, 200)
const again = request('evt_1', 500, 200)
const failed = request('evt_1', 0, 500)
const stopped = request('evt_1', 0, 429, 5_000)
const seven = Array.from({ length: 7 }, (_, index) => request('evt_1', 200 * index, 500))
const lateFirst = request('evt_1', 10_000, 200)
const cancelled = { ...delivery('evt_1', 'cancelled', []), id: 'evt_1-beta', target: 'beta' }

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
      withTraffic(withRequests([lateFirst])),
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

describe('excused', () => {
  test.each([
    [
      'a second request of what was in flight at a kill',
      disturbed(withRequests([taken, again], [again]), 'duplicates', 15),
    ],
    [
      'an answer that a kill kept from the record',
      disturbed(withDead([...refusedLater()], 'rejected'), 'duplicates', 15),
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

/** Taken, which was never recorded, and refused when it came again. */
function refusedLater(): Requests {
  return [taken, request('evt_1', 500, 422)]
}
