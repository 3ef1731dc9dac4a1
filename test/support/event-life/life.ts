/**
 * An event's life as it is meant, without Redis: plain data, and what can be derived from it. The steps are in steps.ts.
 *
 * Times are only what they mean for the next step: a wait is over or far off, a claim in force or over.
 */
import type { DeadReason, DeliveryStatus, EventStatus, OutcomeKind } from '@manifold/domain'

/** `due`: over by now; `later`: in hours. */
export type When = 'due' | 'later'

export type LifeDelivery = {
  status: DeliveryStatus
  generation: number
  /** Number of the latest claim. */
  fence: number
  claim: { readonly claimant: string; readonly process: string; readonly until: When } | undefined
  /** Recorded over all generations, by generation and claim. */
  readonly attempts: Map<string, number>
  /** Those that counted in this generation. */
  spent: number
  /** The claim whose settlement is in force. */
  settledFence: number
  wait: When | undefined
  /** A later generation, or one that was put off, began at a time of its own. */
  opensLater: boolean
  reason: DeadReason | undefined
  crashes: number
}

export type LifeEvent = {
  readonly fingerprint: string | undefined
  readonly optional: ReadonlySet<string>
  readonly deliveries: ReadonlyMap<string, LifeDelivery>
  readonly hasCallback: boolean
  readonly isListed: boolean
  readonly isPutOff: boolean
  /** An idempotency key answers with it: kept as long as that. */
  hasKey: boolean
  /** Of a settled one: when it may be forgotten. */
  keep: When | undefined
}

export type Life = {
  readonly events: Map<string, LifeEvent>
  readonly idempotency: Map<string, { readonly fingerprint: string; readonly eventId: string }>
  readonly outbox: Set<string>
  readonly deadLetters: Set<string>
  /** Attempts by target and outcome, as the rates count them. */
  readonly outcomes: Map<string, number>
  replayed: number
  /** What the latest step told the feed. */
  told: Readonly<Record<string, string>>[]
}

export function newLife(): Life {
  return {
    events: new Map(),
    idempotency: new Map(),
    outbox: new Set(),
    deadLetters: new Set(),
    outcomes: new Map(),
    replayed: 0,
    told: [],
  }
}

export function isOpen({ status }: LifeDelivery): boolean {
  return status === 'pending' || status === 'retrying' || status === 'deferred'
}

export function countOf(event: LifeEvent, status: DeliveryStatus): number {
  return [...event.deliveries.values()].filter((delivery) => delivery.status === status).length
}

export function openCount(event: LifeEvent): number {
  return [...event.deliveries.values()].filter(isOpen).length
}

/** docs/adr/0016: required deliveries decide; where there are none, all do, and nothing makes the whole failed. */
export function statusOf(event: LifeEvent): EventStatus {
  if (event.deliveries.size === 0) return 'unrouted'
  if (openCount(event) > 0) return 'pending'
  const all = [...event.deliveries]
  const required = all.filter(([target]) => !event.optional.has(target))
  const judged = (required.length > 0 ? required : all).map(([, { status }]) => status)
  if (judged.every((status) => status === 'delivered')) return 'delivered'
  if (judged.includes('delivered')) return 'partially_delivered'
  if (judged.every((status) => status === 'cancelled')) return 'cancelled'
  return required.length > 0 ? 'failed' : 'partially_delivered'
}

export type Place = 'waiting' | 'delayed' | 'inFlight'

/** Where an open delivery counts in its target's backlog. */
export function placeOf(delivery: LifeDelivery): Place | undefined {
  if (!isOpen(delivery)) return undefined
  if (delivery.claim !== undefined) return 'inFlight'
  return delivery.status === 'pending' && delivery.wait === undefined ? 'waiting' : 'delayed'
}

export function noteOutcome(life: Life, target: string, outcome: OutcomeKind): void {
  const key = `${target} ${outcome}`
  life.outcomes.set(key, (life.outcomes.get(key) ?? 0) + 1)
}
