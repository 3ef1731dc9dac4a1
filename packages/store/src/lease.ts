/**
 * Leases: of many processes that could do a piece of background work, one does it at a time.
 *
 * Only saves work. A lease can run out under its holder; the work it guards must be harmless when done twice.
 */
import { keys } from './keys.ts'
import type { Store } from './store.ts'

/** Takes a lease for `ttlMs`, or keeps one this `holder` has. @returns whether the holder may work */
export async function takeLease(store: Store, work: string, holder: string, ttlMs: number): Promise<boolean> {
  const key = keys.lease(work)
  if ((await store.redis.set(key, holder, 'PX', ttlMs, 'NX')) === 'OK') return true
  if ((await store.redis.get(key)) !== holder) return false
  await store.redis.pexpire(key, ttlMs)
  return true
}

/** Gives a lease back, so that another process need not wait for it to run out. */
export async function dropLease(store: Store, work: string, holder: string): Promise<void> {
  const key = keys.lease(work)
  if ((await store.redis.get(key)) === holder) await store.redis.del(key)
}
