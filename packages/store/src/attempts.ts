/** Recorded attempts: how one is written into the store, and read back. */
import { deliveryId, type Attempt } from '@manifold/domain'
import { keys } from './keys.ts'
import type { Store } from './store.ts'

/** An attempt with the number the store gave it. */
export type RecordedAttempt = Attempt & { readonly number: number }

export type EventAttempt = RecordedAttempt & {
  readonly deliveryId: string
  readonly target: string
  readonly generation: number
}

/** What the settle script stores: the script puts the number in front. */
export function writeAttempt(attempt: Attempt): string {
  return JSON.stringify(attempt)
}

/** Reads `<number> <attempt JSON>`. */
export function readLastAttempt(entry: string | undefined): RecordedAttempt | undefined {
  return entry === undefined ? undefined : parseEntry(entry)
}

/** Every attempt of an event, oldest first. */
export async function readAttempts(store: Store, eventId: string): Promise<EventAttempt[]> {
  const entries = await store.redis.hgetall(keys.attempts(eventId))
  return Object.entries(entries)
    .map(([field, entry]) => {
      const [target = '', generation = '1'] = field.split('/')
      return {
        ...parseEntry(entry),
        deliveryId: deliveryId(eventId, target),
        target,
        generation: Number(generation),
      }
    })
    .sort((a, b) => a.atMs - b.atMs || a.number - b.number)
}

function parseEntry(entry: string): RecordedAttempt {
  const space = entry.indexOf(' ')
  return { ...(JSON.parse(entry.slice(space + 1)) as Attempt), number: Number(entry.slice(0, space)) }
}
