/**
 * Dead letters as the records know them: listed by time, with filters; found by delivery id.
 *
 * The dead-letter queues hold the same ones as jobs (packages/queue); the record is the judge.
 */
import { readDeliveryId, type DeadReason } from '@manifold/domain'
import { readEvents } from './event-record.ts'
import { keys } from './keys.ts'
import type { DeliveryRecord, EventRecord } from './parse-event.ts'
import { scanIndex, type Page } from './scan-index.ts'
import type { Store } from './store.ts'
import type { Position, Range } from './time-index.ts'
import type { UnreadableRecordError } from './unreadable-record.ts'

/** By the time the delivery died. */
export type DeadLetterFilter = Range & {
  readonly target?: string | undefined
  readonly type?: string | undefined
  readonly reason?: DeadReason | undefined
}

export type DeadLetter = { readonly event: EventRecord; readonly delivery: DeliveryRecord }

/** Finds a delivery by its id, dead or not. @throws {UnreadableRecordError} */
export async function findDelivery(store: Store, id: string): Promise<DeadLetter | undefined> {
  const readings = readDeliveryId(id)
  const events = await readEvents(
    store,
    readings.map((reading) => reading.eventId),
  )
  for (const event of events) {
    const delivery = event?.deliveries.find((one) => one.id === id)
    if (event !== undefined && delivery !== undefined) return { event, delivery }
  }
  return undefined
}

/**
 * One page of dead letters. A page may hold fewer than `limit` and still have a `next`.
 * @param onUnreadable told of each record that is left out because it cannot be read
 */
export async function listDeadLetters(
  store: Store,
  filter: DeadLetterFilter,
  order: 'newest' | 'oldest',
  from: Position | undefined,
  limit: number,
  onUnreadable: (error: UnreadableRecordError) => void = () => undefined,
): Promise<Page<DeadLetter>> {
  return scanIndex(store, {
    key: filter.target === undefined ? keys.deadLetters : keys.deadLettersOf(filter.target),
    order,
    range: filter,
    from,
    limit,
    filtered: filter.type !== undefined || filter.reason !== undefined,
    read: (positions) => findDeliveries(store, positions, filter.target, onUnreadable),
    matches: (letter) => matches(letter, filter),
  })
}

/** How many dead letters a target has. */
export async function countDeadLetters(store: Store, target: string): Promise<number> {
  return store.redis.zcard(keys.deadLettersOf(target))
}

/** Reads the deliveries of index entries in one round trip; an unknown one is `undefined`. */
async function findDeliveries(
  store: Store,
  positions: readonly Position[],
  target: string | undefined,
  onUnreadable: (error: UnreadableRecordError) => void,
): Promise<(DeadLetter | undefined)[]> {
  const readings = positions.map(({ id }) =>
    target === undefined ? readDeliveryId(id) : [{ eventId: id.slice(0, -target.length - 1), target }],
  )
  const events = await readEvents(
    store,
    readings.flatMap((candidates) => candidates.map((candidate) => candidate.eventId)),
    onUnreadable,
  )
  let at = 0
  return readings.map((candidates, index) => {
    const own = events.slice(at, (at += candidates.length))
    for (const event of own) {
      const delivery = event?.deliveries.find((one) => one.id === positions[index]?.id)
      if (event !== undefined && delivery !== undefined) return { event, delivery }
    }
    return undefined
  })
}

function matches({ event, delivery }: DeadLetter, filter: DeadLetterFilter): boolean {
  if (delivery.status !== 'dead') return false
  if (filter.type !== undefined && event.type !== filter.type) return false
  return filter.reason === undefined || delivery.reason === filter.reason
}
