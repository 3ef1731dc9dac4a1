/** What every store function needs: a connection and the settings that its scripts are given. */
import type { RedisClient } from './connection.ts'
import type { Keep } from './kept-script.ts'
import { keys } from './keys.ts'

export type Store = {
  readonly redis: RedisClient
  /** Where replicas must have what a caller is told is kept: how a script is run then. */
  readonly keep?: Keep | undefined
  readonly retention: {
    /** How long a settled event is kept. */
    readonly settledMs: number
    /** How long an event with a dead letter is kept. */
    readonly deadMs: number
  }
  /** Milliseconds by Redis's clock (store-clock.ts); by this process's own where that is good enough. */
  readonly now?: () => number
}

/** What time it is for everybody who shares the store. */
export function storeNow(store: Pick<Store, 'now'>): number {
  return store.now?.() ?? Date.now()
}

/** Entries the change feed keeps (approximately). */
export const CHANGE_FEED_LENGTH = 20_000

/** How long an idempotency key is kept. */
export const IDEMPOTENCY_MS = 86_400_000

/** Asks the server that has Manifold's keys, of however many there are. @throws when it does not answer */
export async function pingStore({ redis }: Pick<Store, 'redis'>): Promise<void> {
  await redis.exists(keys.outbox)
}
