/**
 * Which of the breakers are open where a target has one for each host: a list for operators.
 *
 * The breakers themselves are the judge (breaker.ts). A process that dies behind a change leaves the list behind by one host.
 */
import { readBreaker, type BreakerView } from './breaker.ts'
import { keys } from './keys.ts'
import { storeNow, type Store } from './store.ts'

/** Anybody may bring hosts. The oldest is forgotten for the newest; should it still be down, its breaker opens again. */
const MAX_HOSTS = 1_000

export type HostBreaker = { readonly host: string; readonly breaker: BreakerView }

/** Keeps the list as a breaker changes. @param name the breaker's, as `breakerOf` gives it */
export async function noteHostBreaker(
  store: Store,
  target: string,
  name: string,
  change: 'opened' | 'closed',
): Promise<void> {
  const list = keys.openBreakers(target)
  if (change === 'closed') {
    await store.redis.zrem(list, name)
    return
  }
  await store.redis.zadd(list, storeNow(store), name)
  await forget(store, target, await store.redis.zrange(list, '0', String(-MAX_HOSTS - 1)))
}

/** The hosts whose breaker is not closed, the latest first. */
export async function readHostBreakers(store: Store, target: string): Promise<HostBreaker[]> {
  const names = await store.redis.zrange(keys.openBreakers(target), '0', '-1', 'REV')
  const hosts = await Promise.all(
    names.map(async (name) => ({ host: hostOf(target, name), breaker: await readBreaker(store, name) })),
  )
  return hosts.filter(({ breaker }) => breaker.state !== 'closed')
}

/** Closes all of them. */
export async function resetHostBreakers(store: Store, target: string): Promise<void> {
  await forget(store, target, await store.redis.zrange(keys.openBreakers(target), '0', '-1'))
}

async function forget(store: Store, target: string, names: readonly string[]): Promise<void> {
  if (names.length === 0) return
  await store.redis.del(...names.map(keys.breaker))
  await store.redis.zrem(keys.openBreakers(target), ...names)
}

/** A breaker is named `<target>/<host>`, with `~` for the colon before a port. */
function hostOf(target: string, name: string): string {
  return name.slice(target.length + 1).replaceAll('~', ':')
}
