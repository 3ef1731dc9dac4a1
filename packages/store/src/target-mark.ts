/** What is remembered of a target beside its queue: that it said it is gone (HTTP 410). */
import { keys } from './keys.ts'
import { storeNow, type Store } from './store.ts'

/** Remembers since when; saying it again changes nothing. */
export async function markGone(store: Store, target: string): Promise<void> {
  await store.redis.hsetnx(keys.targetMark(target), 'goneAt', storeNow(store))
}

/** When the target said that it is gone; `undefined` when it has not. */
export async function readGoneMark(store: Store, target: string): Promise<number | undefined> {
  const goneAt = await store.redis.hget(keys.targetMark(target), 'goneAt')
  return goneAt === null ? undefined : Number(goneAt)
}

export async function clearGoneMark(store: Store, target: string): Promise<void> {
  await store.redis.del(keys.targetMark(target))
}
