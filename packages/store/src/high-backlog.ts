/** Since when a backlog is high, so that all producers that see it tell it once. Cleared when it has gone down. */
import { keys } from './keys.ts'
import type { Store } from './store.ts'

/** Should nobody be there to clear it, it is told again after this. */
const KEPT_MS = 86_400_000

/** Notes that a backlog is high. @returns since when, the same for everybody */
export async function noteHighBacklog(store: Store, name: string, nowMs: number): Promise<number> {
  const key = keys.highBacklog(name)
  await store.redis.set(key, nowMs, 'PX', KEPT_MS, 'NX')
  return Number((await store.redis.get(key)) ?? nowMs)
}

/** Notes that it no longer is. */
export async function clearHighBacklog(store: Store, name: string): Promise<void> {
  await store.redis.del(keys.highBacklog(name))
}
