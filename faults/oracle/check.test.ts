/** The checker sees each kind of error that is planted in a run that is well, and nothing else. */
import { describe, expect, test } from 'vitest'
import { check } from './check.ts'
import { accepted, cleanRun, delivery, event, momentMs, request } from './clean-run.ts'
import type { Testimony } from './evidence.ts'
import type { FindingKind } from './finding.ts'
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
function withDead(own: Requests, reason: string, diedAfterMs = 20): Testimony {
  const run = withRequests(own, own, { status: 'dead', reason })
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

const kindsIn = (run: Testimony) => [...new Set(check(run).map(({ kind }) => kind))]

const taken = request('evt_1', 0, 200)
const again = request('evt_1', 500, 200)
const failed = request('evt_1', 0, 500)
const stopped = request('evt_1', 0, 429, 5_000)

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
    ['a retry after an hour', ['retried-too-late'], withRequests([failed, request('evt_1', 3_600_000, 200)])],
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
