/**
 * Reconciling: makes the queues agree with the event record. The one answer to every crash between a script
 * and the queue calls that follow it.
 */
import { CALLBACKS_TARGET, isOperationalEvent, isTerminal, type DeliveryRef } from '@manifold/domain'
import { failpoint } from '@manifold/runtime'
import {
  confirmOutbox,
  isStoreUnavailable,
  openDeliveries,
  readEvents,
  recordCallback,
  recordOwed,
  TELL_NOBODY,
  type DeliveryRecord,
  type EventRecord,
  type OutboxEntry,
  type Store,
  type Telling,
} from '@manifold/store'
import { buryDelivery, removeDeadLetter } from './dead-letter-queue.ts'
import { enqueueDeliveries, removeDelivery } from './enqueue-deliveries.ts'
import type { Queues } from './queues.ts'

/** An entry of the outbox that this version knows. */
export type KnownEntry = Exclude<OutboxEntry, { kind: 'newer' }>

/**
 * Enqueues what is open, tidies the dead-letter queues, and takes the entries off the outbox.
 * Harmless to repeat, and harmless beside another process doing the same.
 * @param telling who gets the operational events that are owed; where there can be none, nobody
 */
export async function reconcile(
  store: Store,
  queues: Queues,
  given: readonly OutboxEntry[],
  telling: Telling = TELL_NOBODY,
): Promise<void> {
  // Only a newer version knows what its entries ask for.
  const entries = given.filter((entry) => entry.kind !== 'newer')
  if (entries.length === 0) return
  const events = await readEvents(
    store,
    entries.map((entry) => ('ref' in entry ? entry.ref.eventId : entry.eventId)),
  )
  // Side by side: one connection carries them all, and none waits for the round trips of the others.
  const enqueueable = await Promise.all(
    entries.map(async (entry, index) => {
      const event = events[index]
      return event === undefined
        ? forget(queues, entry)
        : reconcileEntry(store, queues, telling, event, entry)
    }),
  )
  const open = enqueueable.flat()
  failpoint('reconciling')
  await enqueueDeliveries(queues, open)
  failpoint('reconciled')
  await confirmOutbox(store, [
    ...entries,
    // Manifold's own events came onto the outbox on the way.
    ...open
      .filter(({ eventId, target }) => target === CALLBACKS_TARGET || isOperationalEvent(eventId))
      .map(({ eventId }) => ({ kind: 'event' as const, eventId })),
  ])
}

/**
 * Reconciles them together, and each by itself when that fails: one that cannot be must not keep the others.
 * @returns those that cannot be; they stay on the outbox @throws when Redis is away
 */
export async function reconcileEach(
  store: Store,
  queues: Queues,
  entries: readonly KnownEntry[],
  telling: Telling,
): Promise<readonly { readonly entry: KnownEntry; readonly error: unknown }[]> {
  try {
    await reconcile(store, queues, entries, telling)
    return []
  } catch (error) {
    if (isStoreUnavailable(error)) throw error
  }
  const failed: { entry: KnownEntry; error: unknown }[] = []
  for (const entry of entries) {
    try {
      await reconcile(store, queues, [entry], telling)
    } catch (error) {
      if (isStoreUnavailable(error)) throw error
      failed.push({ entry, error })
    }
  }
  return failed
}

/** The event is no longer kept: a dead letter that was discarded before must not stay behind on its queue. */
async function forget(queues: Queues, entry: KnownEntry): Promise<DeliveryRef[]> {
  if (entry.kind === 'delivery') await removeDeadLetter(queues, entry.ref)
  return []
}

/** @returns what is to be enqueued */
async function reconcileEntry(
  store: Store,
  queues: Queues,
  telling: Telling,
  event: EventRecord,
  entry: KnownEntry,
): Promise<DeliveryRef[]> {
  switch (entry.kind) {
    case 'event':
      return openDeliveries(event).map((delivery) => refOf(event, delivery))
    case 'delivery':
      return reconcileDelivery(store, queues, event, entry.ref)
    case 'callback':
      return recordCallback(store, event, entry.settledAtMs)
    case 'operational':
      return recordOwed(store, telling, event, entry)
    default:
      return entry satisfies never
  }
}

/** Tidies the dead-letter queue for a replayed or discarded delivery. @returns what is to be enqueued */
async function reconcileDelivery(
  store: Store,
  queues: Queues,
  event: EventRecord,
  ref: DeliveryRef,
): Promise<DeliveryRef[]> {
  const delivery = event.deliveries.find((one) => one.target === ref.target)
  if (delivery === undefined) return []
  const current = refOf(event, delivery)
  if (current.generation > 1)
    await removeDeadLetter(queues, { ...current, generation: current.generation - 1 })
  if (delivery.status === 'dead') await buryDelivery(store, queues, current, delivery.reason ?? 'invalid')
  // Only what can no longer change: a delivery that was open when it was read may be dead by now.
  if (delivery.status === 'discarded') await removeDeadLetter(queues, current)
  if (delivery.status === 'cancelled') await removeDelivery(queues, current)
  return isTerminal(delivery.status) ? [] : [current]
}

function refOf(event: EventRecord, delivery: DeliveryRecord): DeliveryRef {
  return { eventId: event.id, target: delivery.target, generation: delivery.generation }
}
