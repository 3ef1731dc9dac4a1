/** The steps of an event's life as they are meant: each changes the life and gives the answer that the store's script owes. */
import {
  SUSPECT_AFTER_CRASHES,
  type DeadReason,
  type DeliveryRef,
  type DeliveryStatus,
  type OutcomeKind,
} from '@manifold/domain'
import {
  isOpen,
  noteOutcome,
  openCount,
  statusOf,
  countOf,
  type Life,
  type LifeDelivery,
  type LifeEvent,
  type When,
} from './life.ts'

export type Keep = { readonly settled: When; readonly dead: When }

export type Acceptance = {
  readonly eventId: string
  readonly fingerprint: string
  readonly ownId: boolean
  readonly key: string | undefined
  readonly targets: readonly string[]
  readonly optional: readonly string[]
  readonly isPutOff: boolean
  readonly hasCallback: boolean
  readonly isListed: boolean
  readonly keep: Keep
}

/** @param settledAt when Redis says it settled: the one thing that only its clock knows */
export function accept(life: Life, input: Acceptance, settledAt: number | undefined): string {
  const { eventId, fingerprint, key } = input
  const held = key === undefined ? undefined : life.idempotency.get(key)
  if (held !== undefined && held.fingerprint !== fingerprint) return `key-reused ${held.eventId}`
  if (held !== undefined && life.events.has(held.eventId)) return `duplicate ${held.eventId}`
  const known = life.events.get(eventId)
  if (known !== undefined) {
    if (input.ownId && known.fingerprint !== fingerprint) return `id-taken ${eventId}`
    if (key !== undefined) {
      life.idempotency.set(key, { fingerprint, eventId })
      known.hasKey = true
      if (known.keep !== undefined) known.keep = 'later'
    }
    return `duplicate ${eventId}`
  }
  const event: LifeEvent = {
    fingerprint: input.ownId ? fingerprint : undefined,
    optional: new Set(input.optional),
    deliveries: new Map(input.targets.map((target) => [target, freshDelivery(input.isPutOff)])),
    hasCallback: input.hasCallback,
    isListed: input.isListed,
    isPutOff: input.isPutOff,
    hasKey: key !== undefined,
    keep: undefined,
  }
  life.events.set(eventId, event)
  if (key !== undefined) life.idempotency.set(key, { fingerprint, eventId })
  if (input.isListed)
    tell(life, { change: 'accepted', event: eventId, type: 'order.placed', ...settledWith(event) })
  if (input.targets.length > 0) life.outbox.add(eventId)
  else settleEvent(life, eventId, event, input.keep, settledAt)
  return `accepted ${eventId}`
}

function freshDelivery(isPutOff: boolean): LifeDelivery {
  return {
    status: 'pending',
    generation: 1,
    fence: 0,
    claim: undefined,
    attempts: new Map(),
    spent: 0,
    settledFence: 0,
    wait: isPutOff ? 'later' : undefined,
    opensLater: isPutOff,
    reason: undefined,
    crashes: 0,
  }
}

export type Claiming = {
  readonly claimant: string
  readonly process: string
  readonly until: When
  readonly takesSuspects: boolean
}

export function claim(life: Life, ref: DeliveryRef, by: Claiming): string {
  const delivery = life.events.get(ref.eventId)?.deliveries.get(ref.target)
  if (delivery === undefined) return 'missing'
  if (delivery.generation !== ref.generation) return 'stale'
  if (!isOpen(delivery)) return `terminal ${delivery.status} ${delivery.reason ?? '-'}`
  if (delivery.wait === 'later') return 'early'
  if (delivery.claim?.until === 'later' && delivery.claim.claimant !== by.claimant) return 'early'
  if (delivery.claim !== undefined && delivery.claim.process !== by.process) delivery.crashes++
  if (delivery.crashes >= SUSPECT_AFTER_CRASHES && !by.takesSuspects) {
    delivery.claim = undefined
    return `suspect ${String(delivery.crashes)}`
  }
  delivery.fence++
  delivery.claim = by
  return `claimed ${String(delivery.fence)} ${String(delivery.attempts.size)} ${String(delivery.spent)}`
}

export type Settling = {
  readonly ref: DeliveryRef
  /** 0 when nothing was claimed. */
  readonly fence: number
  readonly status: 'delivered' | 'retrying' | 'deferred' | 'dead'
  readonly wait: When
  readonly reason: DeadReason
  /** `undefined` when no request was made. */
  readonly outcome: OutcomeKind | undefined
}

export function settle(life: Life, input: Settling, keep: Keep, settledAt: number | undefined): string {
  const { ref, fence, status } = input
  const event = life.events.get(ref.eventId)
  const delivery = event?.deliveries.get(ref.target)
  if (event === undefined || delivery === undefined) return 'missing'
  const settledBefore = fence !== 0 && delivery.settledFence === fence
  const own = `${String(ref.generation)}/${String(fence)}`
  const isNew = input.outcome !== undefined && !delivery.attempts.has(own)
  if (input.outcome !== undefined && isNew) {
    delivery.attempts.set(own, delivery.attempts.size + 1)
    noteOutcome(life, ref.target, input.outcome)
  }
  const number = input.outcome === undefined ? undefined : delivery.attempts.get(own)
  const told = { event: ref.eventId, target: ref.target, ...(isNew ? { attempt: String(number) } : {}) }
  const change = isNew ? 'attempt' : 'delivery'
  const applied = () => `applied ${status} ${statusOf(event)} ${String(number ?? '-')}`

  const stands = standing(delivery, input, settledBefore || (input.outcome !== undefined && !isNew))
  if (stands !== undefined) {
    if (isNew) tell(life, { change, ...told })
    return stands === 'applied' ? applied() : stands
  }

  delivery.status = status
  delivery.settledFence = fence
  delivery.claim = undefined
  if (input.outcome !== undefined && status !== 'deferred') delivery.spent++
  if (status !== 'dead' || input.reason !== 'invalid') delivery.crashes = 0
  delivery.wait = isOpen(delivery) ? input.wait : undefined
  if (status === 'dead') {
    delivery.reason = input.reason
    life.deadLetters.add(letterOf(ref))
  }
  tell(life, { change, ...told, status, nextAt: delivery.wait ?? '', ...settledWith(event) })
  if (!isOpen(delivery)) settleEvent(life, ref.eventId, event, keep, settledAt)
  return applied()
}

/** Why a settlement does not change the delivery; `undefined` when it does. */
function standing(delivery: LifeDelivery, { ref, fence, status }: Settling, repeated: boolean) {
  if (delivery.generation !== ref.generation) return 'stale'
  if (!isOpen(delivery)) return delivery.status === status ? 'applied' : `terminal ${delivery.status}`
  if (fence !== 0 && fence < delivery.fence && status !== 'delivered') return 'superseded'
  return repeated && delivery.status === status ? 'applied' : undefined
}

export function release(life: Life, ref: DeliveryRef, fence: number): void {
  const delivery = life.events.get(ref.eventId)?.deliveries.get(ref.target)
  if (delivery?.fence === fence) delivery.claim = undefined
}

/** @param seen the generation a bulk replay saw; `undefined` outside of one */
export function reopen(life: Life, eventId: string, target: string, seen: number | undefined): string {
  const found = deadOne(life, eventId, target)
  if (typeof found === 'string') return found
  const { event, delivery } = found
  if (seen !== undefined && seen !== delivery.generation) return 'not-dead pending'
  delivery.status = 'pending'
  delivery.generation++
  delivery.spent = 0
  delivery.reason = undefined
  delivery.opensLater = true
  event.keep = undefined
  const ref = { eventId, target, generation: delivery.generation }
  life.deadLetters.delete(letterOf(ref))
  life.outbox.add(entryOf(ref))
  if (seen !== undefined) life.replayed++
  const generation = String(delivery.generation)
  tell(life, { change: 'delivery', event: eventId, target, status: 'pending', generation })
  return `reopened ${generation}`
}

export function discard(life: Life, eventId: string, target: string, keep: Keep): string {
  const found = deadOne(life, eventId, target)
  if (typeof found === 'string') return found
  const { event, delivery } = found
  delivery.status = 'discarded'
  const ref = { eventId, target, generation: delivery.generation }
  life.deadLetters.delete(letterOf(ref))
  life.outbox.add(entryOf(ref))
  tell(life, { change: 'delivery', event: eventId, target, status: 'discarded', ...settledWith(event) })
  // Its caller was told when the delivery died.
  if (openCount(event) === 0) event.keep = keepOf(event, keep)
  return `discarded ${String(delivery.generation)}`
}

export function cancel(life: Life, eventId: string, keep: Keep, settledAt: number | undefined): string {
  const event = life.events.get(eventId)
  if (event === undefined) return 'missing'
  const cancelled: string[] = []
  const before = countOf(event, 'cancelled')
  const targets: string[] = []
  for (const [target, delivery] of event.deliveries) {
    const isTheirs = delivery.claim?.until === 'later'
    if (!isOpen(delivery) || delivery.attempts.size > 0 || isTheirs) continue
    delivery.status = 'cancelled'
    delivery.claim = undefined
    delivery.wait = undefined
    targets.push(target)
    life.outbox.add(entryOf({ eventId, target, generation: delivery.generation }))
    cancelled.push(`${target}/${String(delivery.generation)}`)
  }
  if (cancelled.length === 0) return before > 0 ? 'already' : 'too-late'
  for (const [index, target] of targets.entries()) {
    const last = index === targets.length - 1 ? settledWith(event) : {}
    tell(life, { change: 'delivery', event: eventId, target, status: 'cancelled', ...last })
  }
  settleEvent(life, eventId, event, keep, settledAt)
  return `cancelled ${cancelled.join(' ')}`
}

/** @param withDeadLetters whether one that has some is forgotten as well */
export function forget(life: Life, eventId: string, withDeadLetters: boolean): string {
  const event = life.events.get(eventId)
  if (event?.keep !== 'due') return 'not-due'
  if (!withDeadLetters && countOf(event, 'dead') > 0) return 'has-dead-letters'
  life.events.delete(eventId)
  for (const target of event.deliveries.keys())
    life.deadLetters.delete(letterOf({ eventId, target, generation: 1 }))
  return 'forgotten'
}

/** An event without an open delivery is settled: kept for a while, and its caller is to be told. */
function settleEvent(
  life: Life,
  eventId: string,
  event: LifeEvent,
  keep: Keep,
  settledAt: number | undefined,
): void {
  if (openCount(event) > 0) return
  event.keep = keepOf(event, keep)
  if (event.hasCallback) life.outbox.add(`${eventId}//${String(settledAt)}`)
}

function keepOf(event: LifeEvent, keep: Keep): When {
  if (event.hasKey) return 'later'
  return countOf(event, 'dead') > 0 ? keep.dead : keep.settled
}

function deadOne(life: Life, eventId: string, target: string) {
  const event = life.events.get(eventId)
  const delivery = event?.deliveries.get(target)
  if (event === undefined || delivery === undefined) return 'missing'
  return delivery.status === 'dead'
    ? { event, delivery }
    : `not-dead ${delivery.status satisfies DeliveryStatus}`
}

function settledWith(event: LifeEvent): { settled?: string } {
  const status = statusOf(event)
  return status === 'pending' ? {} : { settled: status }
}

function tell(life: Life, entry: Readonly<Record<string, string>>): void {
  life.told.push(entry)
}

function letterOf({ eventId, target }: DeliveryRef): string {
  return `${eventId}-${target}`
}

function entryOf({ eventId, target, generation }: DeliveryRef): string {
  return `${eventId}/${target}/${String(generation)}`
}
