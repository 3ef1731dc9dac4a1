/** The memory of the Redis node that holds the store, as it tells of it itself. Not every managed Redis does. */
import { askServer } from './ask-server.ts'
import type { Store } from './store.ts'
import { isStoreUnavailable } from './unavailable.ts'

export type StoreMemory = {
  /** What counts towards `maxmemory`. */
  readonly usedBytes: number
  /** `maxmemory`; 0 when there is none. */
  readonly maxBytes: number
}

/** Reads `INFO memory`. `mem_not_counted_for_evict`: buffers that Redis does not count towards `maxmemory`. */
export function readMemory(info: string): StoreMemory {
  const field = (name: string) => Number(new RegExp(`^${name}:(\\d+)`, 'm').exec(info)?.[1] ?? 0)
  return {
    usedBytes: field('used_memory') - field('mem_not_counted_for_evict'),
    maxBytes: field('maxmemory'),
  }
}

/** Whether Redis tells how much memory it uses, and may use; `undefined` while it is away. */
export async function isMemoryShown({ redis }: Pick<Store, 'redis'>): Promise<boolean | undefined> {
  try {
    return /^maxmemory:\d/m.test(String(await askServer(redis, 'INFO', 'memory')))
  } catch (error) {
    return isStoreUnavailable(error) ? undefined : false
  }
}
