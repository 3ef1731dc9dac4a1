/**
 * The delivery: one event for one target, and what it has come to.
 *
 * Owns the states a delivery can be in and its id. The transitions are applied by the store's
 * scripts; the decision which transition to take is decide.ts.
 */

export type DeliveryStatus =
  'pending' | 'retrying' | 'deferred' | 'delivered' | 'dead' | 'discarded' | 'cancelled'

/** Why a delivery is a dead letter. */
export type DeadReason =
  'exhausted' | 'rejected' | 'gone' | 'expired' | 'invalid' | 'blocked' | 'unknown-target'

export const DEAD_REASONS: readonly DeadReason[] = [
  'exhausted',
  'rejected',
  'gone',
  'expired',
  'invalid',
  'blocked',
  'unknown-target',
]

export const DELIVERY_STATUSES: readonly DeliveryStatus[] = [
  'pending',
  'retrying',
  'deferred',
  'delivered',
  'dead',
  'discarded',
  'cancelled',
]

/** Names one delivery in one life: a replay starts the next generation. */
export type DeliveryRef = {
  readonly eventId: string
  readonly target: string
  /** 1 for the first life, one more for each replay. */
  readonly generation: number
}

export const TARGET_NAME_PATTERN = /^[a-z][a-z0-9-]{0,48}$/

/** A delivered, dead, discarded or cancelled delivery is not attempted again by itself. */
export function isTerminal(status: DeliveryStatus): boolean {
  return status !== 'pending' && status !== 'retrying' && status !== 'deferred'
}

/** The id a delivery keeps over all attempts and replays; the target sees it as `Idempotency-Key`. */
export function deliveryId(eventId: string, target: string): string {
  return `${eventId}-${target}`
}

/**
 * Every way to read a delivery id as event id and target name, most likely first.
 *
 * Both parts may hold hyphens, so the id alone can be ambiguous; the caller keeps the first
 * reading whose event has that target. Ids made by Manifold have exactly one hyphen-free event part.
 */
export function readDeliveryId(id: string): { eventId: string; target: string }[] {
  const readings: { eventId: string; target: string }[] = []
  for (let at = id.indexOf('-'); at !== -1; at = id.indexOf('-', at + 1)) {
    const target = id.slice(at + 1)
    if (at > 0 && TARGET_NAME_PATTERN.test(target)) readings.push({ eventId: id.slice(0, at), target })
  }
  return readings
}
