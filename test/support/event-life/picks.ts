/** How acts pick their events, deliveries, claims and times: mostly what there is, now and then what is gone or not there yet. */
import type { DeliveryRef } from '@manifold/domain'
import type { Store } from '@manifold/store'
import fc from 'fast-check'
import type { Life, When } from './life.ts'
import type { Keep } from './steps.ts'

const HOUR_MS = 3_600_000

/** The first one has an id of its caller's. */
export const EVENT_IDS = ['evt_own', 'evt_b', 'evt_c'] as const
export const TARGETS = ['crm', 'mail'] as const

export const anyTarget = fc.constantFrom(...TARGETS)
export const when = fc.constantFrom<When>('due', 'later')
export const keep: fc.Arbitrary<Keep> = fc.record({ settled: when, dead: when })
export const seldom = oneIn(8)

export function oneIn(count: number): fc.Arbitrary<boolean> {
  return fc.integer({ min: 1, max: count }).map((number) => number === count)
}

export type Pick = {
  readonly rank: number
  readonly isUnknown: boolean
  readonly isElsewhere: boolean
  /** Counted back from the latest; -1 is one that is still to come. */
  readonly generationBack: number
  readonly fenceBack: number
}
export const pick: fc.Arbitrary<Pick> = fc.record({
  rank: fc.nat({ max: 2 }),
  isUnknown: oneIn(30),
  isElsewhere: oneIn(4),
  generationBack: fc.constantFrom(0, 0, 0, 0, 0, 1, -1),
  fenceBack: fc.constantFrom(0, 0, 0, 0, 1, 1, 2),
})

/** One of the events that there are, most of the time. */
export function eventOf(life: Life, { rank, isUnknown }: Pick): string {
  const known = [...life.events.keys()]
  return (isUnknown ? undefined : known[rank % known.length]) ?? EVENT_IDS[rank] ?? ''
}

/** One of the dead letters that there are, most of the time. */
export function letterOf(life: Life, target: string, one: Pick): { eventId: string; target: string } {
  const dead = [...life.events].flatMap(([eventId, { deliveries }]) =>
    [...deliveries].flatMap(([name, { status }]) => (status === 'dead' ? [{ eventId, target: name }] : [])),
  )
  return (
    (one.isElsewhere ? undefined : dead[one.rank % dead.length]) ?? { eventId: eventOf(life, one), target }
  )
}

/** The delivery that is meant, as far as there is one. */
export function refOf(life: Life, target: string, one: Pick): DeliveryRef {
  const eventId = eventOf(life, one)
  const latest = life.events.get(eventId)?.deliveries.get(target)?.generation ?? 1
  return { eventId, target, generation: Math.max(1, latest - one.generationBack) }
}

export function fenceOf(life: Life, ref: DeliveryRef, fenceBack: number): number {
  const latest = life.events.get(ref.eventId)?.deliveries.get(ref.target)?.fence ?? 0
  return Math.min(latest, Math.max(0, latest - fenceBack))
}

export function msOf(when: When): number {
  return when === 'due' ? 0 : HOUR_MS
}

export function storeKeeping(store: Store, { settled, dead }: Keep): Store {
  return { redis: store.redis, retention: { settledMs: msOf(settled), deadMs: msOf(dead) } }
}

export function nameOf({ eventId, target, generation }: DeliveryRef): string {
  return `${eventId}/${target}/${String(generation)}`
}
