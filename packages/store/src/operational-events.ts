/**
 * Pays operational events that are owed: what has happened to a delivery becomes an event for those who subscribe to it.
 *
 * Its id is made of the happening: paying twice makes one. Whom it goes to is told by the caller, who knows the config.
 */
import {
  compileRouter,
  hearsOf,
  operationalEventId,
  type DeliveryRef,
  type ManifoldEvent,
  type OperationalData,
  type OperationalEvent,
  type OperationalType,
  type Target,
} from '@manifold/domain'
import { recordEvent } from './event-record.ts'
import { HEARS_NOTHING, type Happening, type Heard, type OwedEvent } from './owed-event.ts'
import type { DeliveryRecord, EventRecord } from './parse-event.ts'
import type { Store } from './store.ts'
import { readGoneMark } from './target-mark.ts'

/** What the config says about operational events. */
export type Telling = {
  /** The happenings that somebody subscribes to: no other is owed. */
  readonly heard: Heard
  /** The targets that get one. */
  readonly subscribers: (event: ManifoldEvent) => readonly string[]
  /** How long the breaker of a target stays open; `undefined` for one that is not configured. */
  readonly openMsOf: (target: string) => number | undefined
}

/** What is asked of a target of the config. */
export type Subscriber = Pick<Target, 'name' | 'subscribe' | 'filter'> & {
  readonly breaker: Pick<Target['breaker'], 'openMs'>
}

/** For a part that has no config: nobody is told. */
export const TELL_NOBODY: Telling = { heard: HEARS_NOTHING, subscribers: () => [], openMsOf: () => undefined }

/**
 * Who is told, by the targets of a config.
 * @param configured asked each time: a reload may have brought others
 */
export function tellingOf(configured: () => readonly Subscriber[]): Telling {
  let live = readTelling(configured())
  const current = () => {
    const targets = configured()
    if (targets !== live.targets) live = readTelling(targets)
    return live
  }
  return {
    get heard() {
      return current().heard
    },
    subscribers: (event) => {
      const routing = current().route(event, undefined)
      return routing.kind === 'routed' ? routing.targets : []
    },
    openMsOf: (name) => configured().find((target) => target.name === name)?.breaker.openMs,
  }
}

function readTelling(targets: readonly Subscriber[]) {
  const heard = HAPPENINGS.filter((what) =>
    targets.some(({ subscribe }) => hearsOf(subscribe, TYPE_OF[what])),
  )
  return { targets, heard: new Set(heard), route: compileRouter(targets) }
}

const TYPE_OF = {
  dead: 'manifold.delivery.dead',
  gone: 'manifold.target.gone',
  opened: 'manifold.target.opened',
  recovered: 'manifold.target.recovered',
} as const satisfies Record<Happening['what'], OperationalType>

const HAPPENINGS = ['dead', 'gone', 'opened', 'recovered'] as const

/** Makes the events of a happening. @returns what is to be enqueued */
export async function recordOwed(
  store: Store,
  telling: Telling,
  event: EventRecord,
  owed: OwedEvent,
): Promise<DeliveryRef[]> {
  const { trace } = event
  const made = await eventsOf(store, telling, event, owed)
  const refs = await Promise.all(made.map((one) => recordOperational(store, telling, one, trace)))
  return refs.flat()
}

/**
 * Records one, unless nobody subscribes to it.
 * @returns what is to be enqueued: where it was recorded before, all that was recorded then, as whoever did may have known others
 */
export async function recordOperational(
  store: Store,
  { subscribers }: Pick<Telling, 'subscribers'>,
  { id, type, subject, data }: OperationalEvent,
  trace: EventRecord['trace'],
): Promise<DeliveryRef[]> {
  const envelope = { id, type, source: 'manifold', subject }
  const targets = subscribers({ ...envelope, time: new Date().toISOString(), data })
  if (targets.length === 0) return []
  const result = await recordEvent(store, {
    event: { ...envelope, time: undefined },
    payload: JSON.stringify(data),
    targets,
    ownId: false,
    fingerprint: '-',
    idempotencyKey: undefined,
    trace,
  })
  if (result.kind !== 'accepted' && result.kind !== 'duplicate') return []
  return result.targets.map((target) => ({ eventId: result.eventId, target, generation: 1 }))
}

async function eventsOf(
  store: Store,
  { openMsOf }: Telling,
  event: EventRecord,
  { ref, happening }: OwedEvent,
): Promise<OperationalEvent[]> {
  const { target, generation } = ref
  const delivery = event.deliveries.find((one) => one.target === target)
  if (delivery === undefined) return []
  const about = { target, deliveryId: delivery.id, eventId: event.id, eventType: event.type }
  switch (happening.what) {
    case 'dead': {
      const { reason, untoldUntilMs } = happening
      const dead: OperationalEvent = {
        id: operationalEventId('dead', event.id, target, generation),
        type: 'manifold.delivery.dead',
        subject: delivery.id,
        data: {
          ...about,
          ...lastOf(delivery),
          generation,
          reason,
          untoldUntil: untoldUntilMs === undefined ? null : rfc3339(untoldUntilMs),
        },
      }
      return reason === 'gone'
        ? [dead, await goneEvent(store, about, delivery.endedAtMs ?? event.acceptedAtMs)]
        : [dead]
    }
    case 'gone':
      return [await goneEvent(store, about, delivery.endedAtMs ?? event.acceptedAtMs)]
    case 'opened':
      return [
        {
          id: operationalEventId('opened', target, happening.atMs),
          type: 'manifold.target.opened',
          subject: target,
          data: {
            ...about,
            ...lastOf(delivery),
            openedAt: rfc3339(happening.atMs),
            openMs: openMsOf(target) ?? null,
          },
        },
      ]
    case 'recovered':
      return [recoveredEvent(about, happening.openedAtMs, happening.atMs)]
    default:
      return happening satisfies never
  }
}

/** The end of an opening that was told, by its probe or by somebody who reset the breaker: one event, whichever is first. */
export function recoveredEvent(
  about: Omit<OperationalData['manifold.target.recovered'], 'openedAt' | 'recoveredAt' | 'downMs'>,
  openedAtMs: number,
  atMs: number,
): OperationalEvent {
  return {
    id: operationalEventId('recovered', about.target, openedAtMs),
    type: 'manifold.target.recovered',
    subject: about.target,
    data: {
      ...about,
      openedAt: rfc3339(openedAtMs),
      recoveredAt: rfc3339(atMs),
      downMs: atMs - openedAtMs,
    },
  }
}

/**
 * Several deliveries may have been answered 410 at once: one event until somebody resumes the target. One that was not marked, as
 * its worker died, or that was resumed before this is paid, is told by itself.
 */
async function goneEvent(
  store: Store,
  about: { target: string; deliveryId: string; eventId: string; eventType: string },
  endedAtMs: number,
): Promise<OperationalEvent> {
  const markedAtMs = await readGoneMark(store, about.target)
  const goneAtMs = markedAtMs ?? endedAtMs
  return {
    id: operationalEventId('gone', about.target, markedAtMs ?? about.eventId),
    type: 'manifold.target.gone',
    subject: about.target,
    data: { ...about, goneAt: rfc3339(goneAtMs) },
  }
}

function lastOf({ attempts, lastAttempt }: DeliveryRecord) {
  return {
    attempts,
    lastReason: lastAttempt?.reason ?? null,
    lastHttpStatus: lastAttempt?.httpStatus ?? null,
  }
}

function rfc3339(atMs: number): string {
  return new Date(atMs).toISOString()
}
