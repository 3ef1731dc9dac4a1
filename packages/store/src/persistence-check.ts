/** Looks at how Redis is run: a 202 promises no more than Redis keeps. */
import { isStoreUnavailable } from './connection.ts'
import type { Store } from './store.ts'

/**
 * Warnings about settings under which an accepted event could be lost.
 * @returns one line each, with the fix; empty when all is well. A managed Redis may not show its settings: that is a warning too
 */
export async function persistenceWarnings(store: Store): Promise<string[]> {
  const settings = new Map<string, string>()
  try {
    await Promise.all(
      ['appendonly', 'appendfsync', 'maxmemory-policy'].map(async (name) => {
        const reply = (await store.redis.call('CONFIG', 'GET', name)) as string[]
        settings.set(name, reply[1] ?? '')
      }),
    )
  } catch (error) {
    if (isStoreUnavailable(error)) return []
    return [
      'Redis does not show its settings: make sure that it has appendonly yes and maxmemory-policy noeviction',
    ]
  }
  const warnings: string[] = []
  if (settings.get('appendonly') !== 'yes') {
    warnings.push(
      'Redis has appendonly off: a crash of Redis loses accepted events. Fix: CONFIG SET appendonly yes',
    )
  } else if (settings.get('appendfsync') !== 'always') {
    warnings.push(
      `Redis has appendfsync ${settings.get('appendfsync') ?? ''}: a crash of its machine loses up to a second of ` +
        'accepted events. Fix: CONFIG SET appendfsync always',
    )
  }
  if (settings.get('maxmemory-policy') !== 'noeviction') {
    warnings.push(
      `Redis has maxmemory-policy ${settings.get('maxmemory-policy') ?? ''}: it may drop accepted events when memory ` +
        'is short. Fix: CONFIG SET maxmemory-policy noeviction',
    )
  }
  return warnings
}
