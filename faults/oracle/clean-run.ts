/** A small run in which all is well, as the witnesses tell it: what the checker's tests plant their errors in. */
import type { Testimony } from './evidence.ts'
import type { Accepted } from './ledger.ts'
import { POLICY, type Policy } from './policy.ts'
import type { RequestLine } from './receiver-log.ts'
import type { AttemptSeen, DeliverySeen, EventSeen } from './snapshot.ts'

const START_MS = 1_760_000_000_000

export const POLICY_OF_RUN: Policy = POLICY

/**
 * Three events for alpha: `evt_1` was delivered at once, `evt_2` at its second attempt (the first was answered 503 with a
 * `Retry-After` of 2 s), `evt_3` was refused with 422 and is a dead letter.
 */
export function cleanRun(): Testimony {
  const delivered = [request('evt_1', 0, 200)]
  const retried = [request('evt_2', 0, 503, 2_000), request('evt_2', 2_100, 200)]
  const refused = [request('evt_3', 0, 422)]
  return {
    ledger: ['evt_1', 'evt_2', 'evt_3'].map(accepted),
    requests: [...delivered, ...retried, ...refused],
    windows: [],
    policy: POLICY_OF_RUN,
    snapshot: {
      takenAtMs: START_MS + 60_000,
      events: new Map(
        [
          event('evt_1', 'delivered', delivery('evt_1', 'delivered', delivered)),
          event('evt_2', 'delivered', delivery('evt_2', 'delivered', retried)),
          event('evt_3', 'failed', { ...delivery('evt_3', 'dead', refused), reason: 'rejected' }),
        ].map((one) => [one.id, one]),
      ),
      queues: [{ target: 'alpha', jobs: 0, deadJobIds: ['evt_3.1'], backlog: 0 }],
      deadLetters: [{ id: 'evt_3-alpha', reason: 'rejected', generation: 1, diedAtMs: START_MS + 20 }],
      outbox: 0,
    },
  }
}

export function accepted(eventId: string): Accepted {
  return { kind: 'accepted', eventId, key: keyOf(eventId), targets: ['alpha'], atMs: START_MS }
}

/** A request so long after the start, that took 10 ms. */
export function request(
  eventId: string,
  afterMs: number,
  status: number | null,
  retryAfterMs: number | null = null,
): RequestLine {
  const atMs = START_MS + 10 + afterMs
  const deliveryId = `${eventId}-alpha`
  return {
    atMs,
    endedMs: atMs + 10,
    target: 'alpha',
    deliveryId,
    idempotencyKey: deliveryId,
    key: keyOf(eventId),
    bodyHash: `hash of ${eventId}`,
    attempt: 1,
    status,
    answerBytes: 150,
    retryAfterMs,
  }
}

/** A moment of the run. */
export function momentMs(afterMs: number): number {
  return START_MS + afterMs
}

export function delivery(eventId: string, status: string, requests: readonly RequestLine[]): DeliverySeen {
  return {
    id: `${eventId}-alpha`,
    target: 'alpha',
    status,
    reason: null,
    generation: 1,
    attempts: requests.length,
    attemptList: requests.map((one, index) => attemptOf(one, index + 1)),
  }
}

export function event(id: string, status: string, ...deliveries: readonly DeliverySeen[]): EventSeen {
  return { id, status, acceptedAtMs: START_MS, settledAtMs: START_MS + 50_000, deliveries }
}

function attemptOf({ atMs, endedMs, status }: RequestLine, number: number): AttemptSeen {
  const outcome = status === null ? 'retryable' : OUTCOMES.get(status)
  return {
    number,
    generation: 1,
    atMs,
    durationMs: endedMs - atMs,
    httpStatus: status,
    outcome: outcome ?? 'permanent',
    reason: status === null ? 'connection-reset' : `http-${String(status)}`,
  }
}

const OUTCOMES = new Map([
  [200, 'delivered'],
  [503, 'throttled'],
])

function keyOf(eventId: string): string {
  return `key of ${eventId}`
}
