/** The circuit breaker as operators see it. The scripts of claim and settle move it; its rules are the domain's. */
import { keys } from './keys.ts'
import type { Store } from './store.ts'

export type BreakerView =
  | { readonly state: 'closed' }
  | {
      readonly state: 'open' | 'half-open'
      /** When it opened. */
      readonly sinceMs: number
      /** Open: when a probe is let through. Half-open: when the next one is, if this one does not report. */
      readonly nextProbeAtMs: number
      /** What opened it: failed of attempts in the window; `undefined` when a probe failed. */
      readonly failed: number | undefined
      readonly attempts: number | undefined
    }

export async function readBreaker(store: Store, target: string): Promise<BreakerView> {
  const { state, until, since, failed, attempts } = await store.redis.hgetall(keys.breaker(target))
  if (state !== 'open' && state !== 'half-open') return { state: 'closed' }
  return {
    state,
    sinceMs: Number(since),
    nextProbeAtMs: Number(until),
    failed: failed === undefined ? undefined : Number(failed),
    attempts: attempts === undefined ? undefined : Number(attempts),
  }
}

/** When it opened, if that was told and its end is still to be. */
export async function readToldOpening(store: Store, target: string): Promise<number | undefined> {
  return readTold(await store.redis.hget(keys.breaker(target), 'told'))
}

/** Closes it, and forgets what it counted. @returns the opening that had been told until then: its end was not */
export async function resetBreaker(store: Store, target: string): Promise<number | undefined> {
  const key = keys.breaker(target)
  const [reply] = (await store.redis.multi().hget(key, 'told').del(key).exec()) ?? []
  if (reply === undefined) throw new Error('a transaction without an answer')
  const [error, told] = reply
  if (error !== null) throw error
  return readTold(told)
}

function readTold(told: unknown): number | undefined {
  return typeof told === 'string' ? Number(told) : undefined
}
