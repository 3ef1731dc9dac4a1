/**
 * Operational events: what Manifold tells of its own work, as events that targets subscribe to.
 *
 * Owns their types, their data, their ids, and who may get them. Nothing that happens to one of them makes another one, so
 * that telling never feeds itself. When one is owed is the store's (settle) and the producer's (backlog).
 */
import type { DeadReason } from './delivery.ts'
import { compileTypePattern } from './type-pattern.ts'

/** Types that begin so are Manifold's own. */
const RESERVED = 'manifold'

export const OPERATIONAL_TYPES = [
  'manifold.delivery.dead',
  'manifold.target.opened',
  'manifold.target.recovered',
  'manifold.target.gone',
  'manifold.backlog.high',
] as const

export type OperationalType = (typeof OPERATIONAL_TYPES)[number]

/** Of the delivery that it is about; nothing of what its event holds. */
type AboutDelivery = {
  readonly target: string
  readonly deliveryId: string
  readonly eventId: string
  /** Of the event that was to be delivered. */
  readonly eventType: string
}

/** The delivery that was the probe; `null` where there was none. */
type AboutProbe = { readonly target: string } & Readonly<
  Record<Exclude<keyof AboutDelivery, 'target'>, string | null>
>

type LastAttempt = {
  /** Over all generations. */
  readonly attempts: number
  /** What the latest attempt came to; `null` when there was none. */
  readonly lastReason: string | null
  /** `null` when there was no answer. */
  readonly lastHttpStatus: number | null
}

/** `event.data` by type. Times are RFC 3339. */
export type OperationalData = {
  /** A delivery became a dead letter. */
  readonly 'manifold.delivery.dead': AboutDelivery &
    LastAttempt & {
      readonly generation: number
      readonly reason: DeadReason
      /** Until then no other death at this target is told; `null` when the next one is. */
      readonly untoldUntil: string | null
    }
  /** The circuit breaker of a target opened, at the failure of this delivery. */
  readonly 'manifold.target.opened': AboutDelivery &
    LastAttempt & {
      readonly openedAt: string
      /** How long nothing is attempted before a probe; `null` when the target is no longer configured. */
      readonly openMs: number | null
    }
  /** The probe of a target was delivered, or somebody reset its breaker: it is closed. */
  readonly 'manifold.target.recovered': AboutProbe & {
    readonly openedAt: string
    readonly recoveredAt: string
    readonly downMs: number
  }
  /** A target answered 410: it is paused until somebody resumes it. */
  readonly 'manifold.target.gone': AboutDelivery & { readonly goneAt: string }
  /** Too much waits for a target, or for all (`target` is `null`): events are refused. */
  readonly 'manifold.backlog.high': {
    readonly target: string | null
    readonly backlog: number
    readonly limit: number
    readonly since: string
  }
}

export type OperationalEvent = {
  [Type in OperationalType]: {
    readonly id: string
    readonly type: Type
    readonly subject: string
    readonly data: OperationalData[Type]
  }
}[OperationalType]

/** Whether callers may not send events of this type. */
export function isReservedType(type: string): boolean {
  return type === RESERVED || type.startsWith(`${RESERVED}.`)
}

/** Whether a subscription means operational events: it has to say so, as `**` would send them to every API there is. */
export function namesReservedTypes(pattern: string): boolean {
  return isReservedType(pattern)
}

/** Whether one of a target's subscriptions takes operational events of this type; filters are not asked. */
export function hearsOf(subscribe: readonly string[], type: OperationalType): boolean {
  return subscribe.some((pattern) => namesReservedTypes(pattern) && compileTypePattern(pattern)(type))
}

/** No id that a caller may choose holds it. */
const MARK = '!'

/** The same happening has the same id, so that telling it twice is telling it once. */
export function operationalEventId(what: string, ...words: readonly (string | number)[]): string {
  return [`manifold${MARK}${what}`, ...words].join('.')
}

/** Whether an event is an operational one. */
export function isOperationalEvent(eventId: string): boolean {
  return eventId.includes(MARK)
}
