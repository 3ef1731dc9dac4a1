/** What Redis must hold for a life: every key that belongs to it, with times replaced by what they mean (observe.ts). */
import {
  countOf,
  openCount,
  placeOf,
  statusOf,
  type Life,
  type LifeDelivery,
  type LifeEvent,
  type Place,
} from './life.ts'

/** Everything that is compared, by name; what is empty is left out. */
export type Sight = Readonly<Record<string, unknown>>

/** @param targets those whose backlog is looked at */
export function projectLife(life: Life, targets: readonly string[]): Sight {
  const events = [...life.events]
  const sight: Record<string, unknown> = {
    outbox: [...life.outbox].sort(),
    deadLetters: [...life.deadLetters].sort(),
    retention: byKey(events.flatMap(([id, { keep }]) => (keep === undefined ? [] : [[id, keep]]))),
    listed: events.flatMap(([id, { isListed }]) => (isListed ? [id] : [])).sort(),
    withAttempts: events
      .flatMap(([id, { deliveries }]) =>
        [...deliveries.values()].some(({ attempts }) => attempts.size > 0) ? [id] : [],
      )
      .sort(),
    payloads: events.flatMap(([id, event]) => (mayBeRead(event) ? [id] : [])).sort(),
    idempotency: [...life.idempotency.values()]
      .map(({ fingerprint, eventId }) => `${fingerprint} ${eventId}`)
      .sort(),
    outcomes: byKey([...life.outcomes]),
    replayed: life.replayed,
    told: life.told,
  }
  for (const [id, event] of events) sight[`event ${id}`] = projectEvent(event)
  for (const target of targets) {
    sight[`dead letters of ${target}`] = [...life.deadLetters]
      .filter((id) => id.endsWith(`-${target}`))
      .sort()
    const backlog: Record<Place, number> = { waiting: 0, delayed: 0, inFlight: 0 }
    for (const [, { deliveries }] of events) {
      const delivery = deliveries.get(target)
      const place = delivery === undefined ? undefined : placeOf(delivery)
      if (place !== undefined) backlog[place]++
    }
    sight[`backlog of ${target}`] = backlog
  }
  return sight
}

/** Whether some attempt may still need the event's data: one of a delivery that is open, or that a replay opens. */
function mayBeRead(event: LifeEvent): boolean {
  return openCount(event) > 0 || countOf(event, 'dead') > 0
}

function projectEvent(event: LifeEvent): unknown {
  return {
    status: statusOf(event),
    pending: openCount(event),
    delivered: countOf(event, 'delivered'),
    dead: countOf(event, 'dead'),
    isSettled: openCount(event) === 0,
    deliveries: Object.fromEntries(
      [...event.deliveries].map(([target, one]) => [target, projectDelivery(one)]),
    ),
  }
}

function projectDelivery(delivery: LifeDelivery): unknown {
  const { status, generation, fence, attempts, spent, settledFence, wait, claim, reason, crashes } = delivery
  return {
    status,
    generation,
    fence,
    spent,
    settledFence,
    wait: wait ?? null,
    hasEnded: placeOf(delivery) === undefined,
    opensLater: delivery.opensLater,
    claim: claim === undefined ? null : `${claim.claimant} ${claim.process} ${claim.until}`,
    reason: reason ?? null,
    crashes,
    attempts: byKey([...attempts].map(([own, number]) => [own, number])),
    last: attempts.size === 0 ? null : attempts.size,
  }
}

function byKey(entries: readonly (readonly unknown[])[]): Readonly<Record<string, unknown>> {
  return Object.fromEntries(entries.map(([key, value]) => [String(key), value] as const).sort())
}
