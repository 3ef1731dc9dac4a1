/** What every store function needs: a connection and the settings that its scripts are given. */
import type { RedisClient } from './connection.ts'

export type Store = {
  readonly redis: RedisClient
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
