/** Looks at how Redis is run: a 202 promises no more than Redis keeps. */
import { isStoreUnavailable } from './connection.ts'
import type { Store } from './store.ts'

/** A setting under which an accepted event could be lost. */
export type PersistenceFlaw = {
  readonly setting: 'appendonly' | 'appendfsync' | 'maxmemory-policy' | 'hidden'
  /** What it is, and what breaks. */
  readonly message: string
  readonly fix: string
}

/**
 * Flaws of this Redis, each with its fix; none when all is well, or when Redis is away.
 * A managed Redis may not show its settings: that is one too.
 */
export async function persistenceFlaws(store: Pick<Store, 'redis'>): Promise<PersistenceFlaw[]> {
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
      {
        setting: 'hidden',
        message: 'Redis does not show its settings',
        fix: 'make sure that it has appendonly yes and maxmemory-policy noeviction',
      },
    ]
  }
  const flaws: PersistenceFlaw[] = []
  if (settings.get('appendonly') !== 'yes') {
    flaws.push({
      setting: 'appendonly',
      message: 'Redis has appendonly off: a crash of Redis loses accepted events',
      fix: 'CONFIG SET appendonly yes',
    })
  } else if (settings.get('appendfsync') !== 'always') {
    flaws.push({
      setting: 'appendfsync',
      message:
        `Redis has appendfsync ${settings.get('appendfsync') ?? ''}: a crash of its machine loses up to a second of ` +
        'accepted events',
      fix: 'CONFIG SET appendfsync always',
    })
  }
  if (settings.get('maxmemory-policy') !== 'noeviction') {
    flaws.push({
      setting: 'maxmemory-policy',
      message:
        `Redis has maxmemory-policy ${settings.get('maxmemory-policy') ?? ''}: it may drop accepted events when memory ` +
        'is short',
      fix: 'CONFIG SET maxmemory-policy noeviction',
    })
  }
  return flaws
}

/** The same as warnings, one line each. */
export async function persistenceWarnings(store: Pick<Store, 'redis'>): Promise<string[]> {
  const flaws = await persistenceFlaws(store)
  return flaws.map(({ setting, message, fix }) =>
    setting === 'hidden' ? `${message}: ${fix}` : `${message}. Fix: ${fix}`,
  )
}
