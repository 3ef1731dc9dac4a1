/**
 * The load: what the store holds against what it may hold, in one round trip: Redis's memory and each target's backlog.
 *
 * Owns the measuring alone; what is too much is packages/domain's overload.ts.
 */
import type { Load } from '@manifold/domain'
import { keys } from './keys.ts'
import { readMemory } from './memory.ts'
import type { Store } from './store.ts'

/** Measures the load of the node that holds the store, and of these targets. */
export async function readLoad(store: Store, targets: readonly string[]): Promise<Load> {
  const pipeline = store.redis.pipeline()
  // Its key sends the pipeline to the node of the store, where Redis is a cluster.
  pipeline.exists(keys.outbox)
  pipeline.info('memory')
  for (const target of targets) pipeline.hmget(keys.backlog(target), 'waiting', 'delayed', 'inFlight')
  const [, memory, ...counts] = (await pipeline.exec()) ?? []
  const backlogs = new Map<string, number>()
  for (const [index, target] of targets.entries()) {
    const [error, places] = counts[index] ?? [new Error('no reply')]
    if (error !== null) throw error
    let backlog = 0
    for (const place of Array.isArray(places) ? (places as unknown[]) : []) backlog += Number(place ?? 0)
    // A count that is off for a moment must not take from the others.
    backlogs.set(target, Math.max(0, backlog))
  }
  // A Redis that does not tell has no limit that could be kept to.
  return { memory: readMemory(memory?.[0] === null ? String(memory[1]) : ''), backlogs }
}
