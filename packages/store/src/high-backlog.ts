/** Since when a backlog is high, so that all producers that see it tell it once. Cleared when it has gone down. */
import { keys } from './keys.ts'
import type { Store } from './store.ts'

/** Should nobody be there to clear it, it is told again after this. */
const KEPT_MS = 86_400_000

/** The one member; its score is since when. So what is older than a time can be removed in one step. */
const SINCE = 'since'

/** Notes that a backlog is high. @param nowMs by Redis's clock @returns since when, the same for everybody */
export async function noteHighBacklog(store: Store, name: string, nowMs: number): Promise<number> {
  const key = keys.highBacklog(name)
  await store.redis.multi().zadd(key, 'NX', nowMs, SINCE).pexpire(key, KEPT_MS).exec()
  return Number((await store.redis.zscore(key, SINCE)) ?? nowMs)
}

/** Whether it is noted. */
export async function isHighBacklogNoted(store: Store, name: string): Promise<boolean> {
  return (await store.redis.exists(keys.highBacklog(name))) === 1
}

/**
 * Notes that it no longer is.
 * @param seenAtMs when it was seen, by Redis's clock: what another producer has noted since stays
 */
export async function clearHighBacklog(store: Store, name: string, seenAtMs: number): Promise<void> {
  await store.redis.zremrangebyscore(keys.highBacklog(name), '-inf', seenAtMs)
}
