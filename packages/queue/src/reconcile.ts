/**
 * Reconciling: makes the queues agree with the event record. The one answer to every crash between a script
 * and the queue calls that follow it.
 */
import { isTerminal, type DeliveryRef } from '@manifold/domain'
import {
  confirmOutbox,
  openDeliveries,
  readEvents,
  type DeliveryRecord,
  type EventRecord,
  type OutboxEntry,
  type Store,
} from '@manifold/store'
import { buryDelivery, removeDeadLetter } from './dead-letter-queue.ts'
import { enqueueDeliveries } from './enqueue-deliveries.ts'
import type { Queues } from './queues.ts'

/**
 * Enqueues what is open, tidies the dead-letter queues, and takes the entries off the outbox.
 * Harmless to repeat, and harmless beside another process doing the same.
 */
export async function reconcile(
  store: Store,
  queues: Queues,
  entries: readonly OutboxEntry[],
): Promise<void> {
  if (entries.length === 0) return
  const events = await readEvents(
    store,
    entries.map((entry) => (entry.kind === 'event' ? entry.eventId : entry.ref.eventId)),
  )
  const open: DeliveryRef[] = []
  for (const [index, entry] of entries.entries()) {
    const event = events[index]
    if (event === undefined) continue
    if (entry.kind === 'event') open.push(...openDeliveries(event).map((delivery) => refOf(event, delivery)))
    else open.push(...(await reconcileDelivery(store, queues, event, entry.ref)))
  }
  await enqueueDeliveries(queues, open)
  await confirmOutbox(store, entries)
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
  return isTerminal(delivery.status) ? [] : [current]
}

function refOf(event: EventRecord, delivery: DeliveryRecord): DeliveryRef {
  return { eventId: event.id, target: delivery.target, generation: delivery.generation }
}
