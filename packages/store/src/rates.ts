/** Outcome counts per target in buckets of ten seconds: what the last minute was like, over all workers. */
import type { OutcomeKind } from '@manifold/domain'
import { keys } from './keys.ts'
import { storeNow, type Store } from './store.ts'

const BUCKET_MS = 10_000
const BUCKETS_IN_A_MINUTE = 6

/** The number of the present bucket. */
export function currentTenSeconds(store: Pick<Store, 'now'>): number {
  return Math.floor(storeNow(store) / BUCKET_MS)
}

export type Rates = Readonly<Record<OutcomeKind, number>>

/** Attempts of the last minute by outcome. */
export async function readLastMinute(store: Store, target: string): Promise<Rates> {
  const now = currentTenSeconds(store)
  const pipeline = store.redis.pipeline()
  for (let ago = 0; ago < BUCKETS_IN_A_MINUTE; ago++) pipeline.hgetall(keys.rates(target, now - ago))
  const total = { delivered: 0, retryable: 0, permanent: 0, throttled: 0 }
  for (const [error, bucket] of (await pipeline.exec()) ?? []) {
    if (error !== null) throw error
    const counts = bucket as Record<string, string>
    for (const outcome of Object.keys(total) as OutcomeKind[]) total[outcome] += Number(counts[outcome] ?? 0)
  }
  return total
}
