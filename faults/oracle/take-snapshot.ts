/** Takes the snapshot: asks the API for every promised event and every dead letter, and looks at the queues. */
import type { RedisLook } from './look-at-redis.ts'
import { readDeadLetters, readEventSeen } from './read-api.ts'
import type { EventSeen, Snapshot } from './snapshot.ts'

export type SnapshotOptions = {
  /** A producer. */
  readonly origin: string
  readonly redis: RedisLook
  readonly eventIds: readonly string[]
}

const READERS = 16

export async function takeSnapshot({ origin, redis, eventIds }: SnapshotOptions): Promise<Snapshot> {
  const events = new Map<string, EventSeen>()
  const left = eventIds.values()
  const readOn = async (): Promise<void> => {
    for (const eventId of left) {
      const event = await readEventSeen(origin, eventId)
      if (event !== undefined) events.set(eventId, event)
    }
  }
  await Promise.all(Array.from({ length: READERS }, readOn))
  const [{ queues, outbox }, deadLetters] = await Promise.all([redis.look(), readDeadLetters(origin)])
  return { takenAtMs: Date.now(), events, queues, outbox, deadLetters }
}
