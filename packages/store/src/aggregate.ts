/**
 * The aggregate: one answer for all of an event's deliveries, as its caller gets it: as result, as answer to a POST that
 * waits, and as callback. Times are RFC 3339; what is not there is `null`.
 */
import type { DeliveryStatus, EventStatus } from '@manifold/domain'
import type { DeliveryRecord, EventRecord } from './parse-event.ts'
import { readResponses, type CapturedResponse } from './responses.ts'
import type { Store } from './store.ts'

export type Aggregate = {
  readonly id: string
  readonly type: string
  readonly status: EventStatus
  readonly acceptedAt: string
  readonly settledAt: string | null
  readonly deliveries: readonly DeliveryResult[]
}

export type DeliveryResult = {
  readonly id: string
  readonly target: string
  /** Whether the event counts as failed when this delivery does. */
  readonly required: boolean
  readonly status: DeliveryStatus
  /** Of the latest attempt. */
  readonly httpStatus: number | null
  /** Why it is dead, or what the latest attempt came to. */
  readonly reason: string | null
  readonly attempts: number
  /** What the target answered, where its answers are kept. */
  readonly response: CapturedResponse | null
}

/** Gathers an event's aggregate. One round trip beyond the record. */
export async function readAggregate(store: Store, event: EventRecord): Promise<Aggregate> {
  const responses = await readResponses(store, event.id)
  return {
    id: event.id,
    type: event.type,
    status: event.status,
    acceptedAt: new Date(event.acceptedAtMs).toISOString(),
    settledAt: event.settledAtMs === undefined ? null : new Date(event.settledAtMs).toISOString(),
    deliveries: event.deliveries.map((delivery) => resultOf(delivery, responses.get(delivery.target))),
  }
}

function resultOf(delivery: DeliveryRecord, response: CapturedResponse | undefined): DeliveryResult {
  const { id, target, required, status, attempts, lastAttempt } = delivery
  const httpStatus = lastAttempt?.httpStatus ?? null
  return {
    id,
    target,
    required,
    status,
    httpStatus,
    reason: delivery.reason ?? lastAttempt?.reason ?? null,
    attempts,
    // What an earlier attempt was answered is not the answer of one that got none.
    response: httpStatus === null ? null : (response ?? null),
  }
}
