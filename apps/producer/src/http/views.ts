/**
 * How events, deliveries, attempts and dead letters look from outside: RFC 3339 times, `null` for what is not there.
 *
 * The types are those of the documented answers (contract/answers): what is shown and what is documented cannot differ.
 */
import { deliveryId } from '@manifold/domain'
import { storeNow } from '@manifold/store'
import type {
  Accepted,
  Aggregate,
  DeadLetter,
  DeliveryRecord,
  EventAttempt,
  EventRecord,
  RecordedAttempt,
  Replay,
  Store,
} from '@manifold/store'
import type * as answers from '../contract/answers/index.ts'

/** Where an event is looked at, and followed. An event id is safe in a URL as it is. */
function linksOf(eventId: string): answers.Links {
  const self = `/v1/events/${eventId}`
  return { self, stream: `${self}/stream`, result: `${self}/result` }
}

/** When it is worth looking again at an event that has not settled, in seconds. */
export function pollHintSeconds(store: Store, deliverAtMs: number | undefined): number {
  return Math.max(1, Math.ceil(((deliverAtMs ?? 0) - storeNow(store)) / 1_000))
}

export function acceptedView(accepted: Accepted): answers.Accepted {
  return {
    id: accepted.eventId,
    type: accepted.type,
    status: accepted.targets.length === 0 ? 'unrouted' : 'pending',
    acceptedAt: time(accepted.acceptedAtMs),
    deliveries: accepted.targets.map((target) => ({
      id: deliveryId(accepted.eventId, target),
      target,
      status: 'pending',
    })),
    links: linksOf(accepted.eventId),
  }
}

/** The same of an event whose caller has waited in vain: as far as it has come. */
export function acceptedStillView(event: EventRecord): answers.Accepted {
  return {
    id: event.id,
    type: event.type,
    status: event.status,
    acceptedAt: time(event.acceptedAtMs),
    deliveries: event.deliveries.map(({ id, target, status }) => ({ id, target, status })),
    links: linksOf(event.id),
  }
}

export function resultView(aggregate: Aggregate): answers.Aggregate {
  return { ...aggregate, links: linksOf(aggregate.id) }
}

export function eventView(event: EventRecord): answers.Event {
  return {
    id: event.id,
    type: event.type,
    source: event.source,
    subject: event.subject ?? null,
    time: event.time,
    sourceId: event.sourceId ?? null,
    extensions: event.extensions ?? {},
    deliverAt: timeOrNull(event.deliverAtMs),
    expiresAt: timeOrNull(event.expiresAtMs),
    acceptedAt: time(event.acceptedAtMs),
    settledAt: timeOrNull(event.settledAtMs),
    status: event.status,
    deliveries: event.deliveries.map(deliveryView),
    links: linksOf(event.id),
  }
}

export function deliveryView(delivery: DeliveryRecord): answers.Delivery {
  return {
    id: delivery.id,
    target: delivery.target,
    required: delivery.required,
    status: delivery.status,
    attempts: delivery.attempts,
    generation: delivery.generation,
    nextAttemptAt: timeOrNull(delivery.nextAttemptAtMs),
    deliveredAt: delivery.status === 'delivered' ? timeOrNull(delivery.endedAtMs) : null,
    reason: delivery.reason ?? null,
    lastAttempt: delivery.lastAttempt === undefined ? null : lastAttemptView(delivery.lastAttempt),
  }
}

export function lastAttemptView(attempt: RecordedAttempt): answers.LastAttempt {
  return {
    number: attempt.number,
    at: time(attempt.atMs),
    durationMs: attempt.durationMs,
    httpStatus: attempt.httpStatus,
    outcome: attempt.outcome,
    reason: attempt.reason,
    error: attempt.error ?? null,
  }
}

export function attemptView(attempt: EventAttempt): answers.Attempt {
  return {
    deliveryId: attempt.deliveryId,
    target: attempt.target,
    generation: attempt.generation,
    ...lastAttemptView(attempt),
  }
}

export function deadLetterView({ event, delivery }: DeadLetter): answers.DeadLetter {
  return {
    id: delivery.id,
    eventId: event.id,
    target: delivery.target,
    type: event.type,
    source: event.source,
    subject: event.subject ?? null,
    reason: delivery.reason ?? null,
    diedAt: timeOrNull(delivery.endedAtMs),
    acceptedAt: time(event.acceptedAtMs),
    attempts: delivery.attempts,
    generation: delivery.generation,
    lastAttempt: delivery.lastAttempt === undefined ? null : lastAttemptView(delivery.lastAttempt),
  }
}

export function replayView(replay: Replay): answers.Replay {
  const { target, type, reason, afterMs, beforeMs, limit, ratePerSecond } = replay.filter
  return {
    id: replay.id,
    status: replay.status,
    matched: replay.matched,
    replayed: replay.replayed,
    failed: replay.failed,
    startedAt: time(replay.startedAtMs),
    completedAt: timeOrNull(replay.completedAtMs),
    filter: {
      target,
      type,
      reason,
      after: timeOrNull(afterMs),
      before: timeOrNull(beforeMs),
      limit,
      ratePerSecond,
    },
  }
}

function time(ms: number): string {
  return new Date(ms).toISOString()
}

function timeOrNull(ms: number | undefined): string | null {
  return ms === undefined ? null : time(ms)
}
