/** Since when a backlog is high, so that all producers that see it tell it once. Cleared when it has gone down. */
import { keys } from './keys.ts'
import { loadScript, runScript } from './script.ts'
import type { Store } from './store.ts'

const clearScript = loadScript('clear-high-backlog')

/** Should nobody be there to clear it, it is told again after this. */
const KEPT_MS = 86_400_000

/** Notes that a backlog is high. @param nowMs by Redis's clock @returns since when, the same for everybody */
export async function noteHighBacklog(store: Store, name: string, nowMs: number): Promise<number> {
  const key = keys.highBacklog(name)
  await store.redis.set(key, nowMs, 'PX', KEPT_MS, 'NX')
  return Number((await store.redis.get(key)) ?? nowMs)
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
  await runScript(store.redis, clearScript, [keys.highBacklog(name)], [seenAtMs])
}
