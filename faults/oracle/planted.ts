/** Errors, and what excuses them, to plant in a run that is well. */
import { check } from './check.ts'
import { accepted, cleanRun, delivery, event, momentMs, request } from './clean-run.ts'
import type { Testimony } from './evidence.ts'
import type { LedgerLine } from './ledger.ts'
import type { DeliverySeen, Snapshot } from './snapshot.ts'
import type { Window } from './windows.ts'

export type Requests = Testimony['requests']

export function withSnapshot(parts: Partial<Snapshot>): Testimony {
  const run = cleanRun()
  return { ...run, snapshot: { ...run.snapshot, ...parts } }
}

export function withEvent(id: string, status: string, ...deliveries: DeliverySeen[]): Testimony {
  const events = new Map(cleanRun().snapshot.events)
  return withSnapshot({ events: events.set(id, event(id, status, ...deliveries)) })
}

/** `evt_1` as it would look with other requests, all of which are recorded unless told otherwise. */
export function withRequests(own: Requests, recorded = own, parts: Partial<DeliverySeen> = {}): Testimony {
  const seen = { ...delivery('evt_1', 'delivered', recorded), ...parts }
  const run = withEvent('evt_1', seen.status === 'delivered' ? 'delivered' : 'failed', seen)
  const others = run.requests.filter(({ deliveryId }) => deliveryId !== 'evt_1-alpha')
  return { ...run, requests: [...others, ...own] }
}

/** `evt_1` as a dead letter, where every list says so. */
export function withDead(own: Requests, reason: string, diedAfterMs = 20, recorded = own): Testimony {
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
export function withSecondDeath(status: number): Testimony {
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

/** Forty more events, one each second, each sent on at once. */
export function withTraffic(run: Testimony): Testimony {
  const ids = Array.from({ length: 40 }, (_, index) => ({
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

export function withLine(line: LedgerLine): Testimony {
  const run = cleanRun()
  return { ...run, ledger: [...run.ledger, line] }
}

export function withRequest(more: Requests[number], run = cleanRun()): Testimony {
  return { ...run, requests: [...run.requests, more] }
}

export function withQueue(parts: Partial<Snapshot['queues'][number]>): Testimony {
  return withSnapshot({ queues: cleanRun().snapshot.queues.map((queue) => ({ ...queue, ...parts })) })
}

export function disturbed(
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
export function disturbedTwice(run: Testimony): Testimony {
  const [window] = disturbed(run, 'lateness', 1_000, 20_000).windows
  return { ...run, windows: window === undefined ? [] : [window, { ...window, what: 'another' }] }
}

export const kindsIn = (run: Testimony) => [...new Set(check(run).map(({ kind }) => kind))]

export const taken = request('evt_1', 0, 200)
export const again = request('evt_1', 500, 200)
export const failed = request('evt_1', 0, 500)
export const stopped = request('evt_1', 0, 429, 5_000)
export const seven = Array.from({ length: 7 }, (_, index) => request('evt_1', 200 * index, 500))
export const lateFirst = request('evt_1', 10_000, 200)
export const cancelled = { ...delivery('evt_1', 'cancelled', []), id: 'evt_1-beta', target: 'beta' }

/** Taken, which was never recorded, and refused when it came again. */
export function refusedLater(): Requests {
  return [taken, request('evt_1', 500, 422)]
}
