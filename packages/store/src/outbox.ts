/**
 * The outbox: what the event records say and the queues may not know yet.
 *
 * The scripts put entries in; whoever made the queues agree takes them out (`confirm`). What stays too long is found
 * by the relay. An entry is a whole accepted event, one delivery in one generation (replayed,
 * discarded or cancelled), a callback that is owed, or an operational event that is. What is none of these a newer version wrote.
 */
import type { DeliveryRef } from '@manifold/domain'
import { keys } from './keys.ts'
import { readOwed, writeOwed, type OwedEvent } from './owed-event.ts'
import { loadScript, replyStrings, runScript } from './script.ts'
import type { Store } from './store.ts'

const overdueScript = loadScript('overdue-outbox')

export type OutboxEntry =
  | { readonly kind: 'event'; readonly eventId: string }
  | { readonly kind: 'delivery'; readonly ref: DeliveryRef }
  /** An event has settled, and somebody is to be told. */
  | { readonly kind: 'callback'; readonly eventId: string; readonly settledAtMs: number }
  | OwedEvent
  /** A newer version wrote it: it stays for its processes. */
  | { readonly kind: 'newer'; readonly text: string }

/** Removes entries whose queues agree with the record. */
export async function confirmOutbox(store: Store, entries: readonly OutboxEntry[]): Promise<void> {
  if (entries.length > 0) await store.redis.zrem(keys.outbox, ...entries.map(formatEntry))
}

/**
 * Entries at least `minAgeMs` old by Redis's clock, oldest first.
 * @param offset so many of the oldest are passed over
 */
export async function overdueOutbox(
  store: Store,
  minAgeMs: number,
  limit: number,
  offset = 0,
): Promise<OutboxEntry[]> {
  const reply = await runScript(store.redis, overdueScript, [keys.outbox], [minAgeMs, limit, offset])
  return replyStrings(overdueScript, reply).map(parseEntry)
}

/** How many entries are not confirmed; near 0 when all is well. */
export async function outboxSize(store: Store): Promise<number> {
  return store.redis.zcard(keys.outbox)
}

function formatEntry(entry: OutboxEntry): string {
  if (entry.kind === 'newer') return entry.text
  if (entry.kind === 'event') return entry.eventId
  if (entry.kind === 'callback') return `${entry.eventId}//${String(entry.settledAtMs)}`
  const delivery = `${entry.ref.eventId}/${entry.ref.target}/${String(entry.ref.generation)}`
  return entry.kind === 'operational' ? `${delivery}/${writeOwed(entry)}` : delivery
}

// An event id holds no slash (EVENT_ID_PATTERN), nor does a target's name.
function parseEntry(text: string): OutboxEntry {
  const [eventId = '', target, generation, ...owed] = text.split('/')
  if (target === undefined) return { kind: 'event', eventId }
  const ref = { eventId, target, generation: Number(generation) }
  if (owed.length > 0) return readOwed(ref, owed.join('/')) ?? { kind: 'newer', text }
  if (target === '') return { kind: 'callback', eventId, settledAtMs: Number(generation) }
  return { kind: 'delivery', ref }
}
