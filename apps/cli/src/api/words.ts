/** Words of the API that options take: checked by type against the client's, so that none is missing. */
import type { DeadReason, DeliveryStatus, EventStatus } from '@manifold/client'

const keys = <Word extends string>(words: Readonly<Record<Word, true>>): readonly string[] =>
  Object.keys(words)

export const EVENT_STATUSES = keys<EventStatus>({
  pending: true,
  delivered: true,
  partially_delivered: true,
  failed: true,
  cancelled: true,
  unrouted: true,
})

/** Of what a feed tells: an event's or a delivery's. */
export const FEED_STATUSES = [
  ...EVENT_STATUSES,
  ...keys<Exclude<DeliveryStatus, EventStatus>>({
    retrying: true,
    deferred: true,
    dead: true,
    discarded: true,
  }),
]

export const DEAD_REASONS = keys<DeadReason>({
  exhausted: true,
  rejected: true,
  gone: true,
  expired: true,
  invalid: true,
  blocked: true,
  'unknown-target': true,
})
