/** Looks at how Redis is run: a 202 promises no more than Redis keeps. */
import { askServer } from './ask-server.ts'
import type { RedisClient } from './connection.ts'
import type { Store } from './store.ts'
import { isStoreUnavailable } from './unavailable.ts'

/** A setting under which an accepted event could be lost. */
export type PersistenceFlaw = {
  readonly setting: 'appendonly' | 'appendfsync' | 'maxmemory-policy' | 'hidden' | 'replicas'
  /** What it is, and what breaks. */
  readonly message: string
  readonly fix: string
}

/**
 * Flaws of this Redis, each with its fix; none when all is well. A managed Redis may not show its settings: that is one too.
 * @param replicas how many must have what a caller is told is kept; left out by those who tell nobody
 * @throws when Redis is away
 */
export async function persistenceFlaws(
  { redis }: Pick<Store, 'redis'>,
  replicas?: number,
): Promise<PersistenceFlaw[]> {
  const [settings, connected] = await Promise.all([readSettings(redis), readConnectedReplicas(redis)])
  return [...settingFlaws(settings), ...replicaFlaws(connected, replicas)]
}

/** The same as warnings, one line each; none when Redis is away, as a part that starts without it is told so elsewhere. */
export async function persistenceWarnings(store: Pick<Store, 'redis'>, replicas?: number): Promise<string[]> {
  const flaws = await persistenceFlaws(store, replicas).catch((error: unknown): PersistenceFlaw[] => {
    if (isStoreUnavailable(error)) return []
    throw error
  })
  return flaws.map(({ setting, message, fix }) =>
    setting === 'hidden' ? `${message}: ${fix}` : `${message}. Fix: ${fix}`,
  )
}

/** `undefined` when they are not shown. */
async function readSettings(redis: RedisClient): Promise<ReadonlyMap<string, string> | undefined> {
  const names = ['appendonly', 'appendfsync', 'maxmemory-policy']
  try {
    const replies = await Promise.all(names.map((name) => askServer(redis, 'CONFIG', 'GET', name)))
    return new Map(names.map((name, index) => [name, (replies[index] as string[])[1] ?? '']))
  } catch (error) {
    if (isStoreUnavailable(error)) throw error
    return undefined
  }
}

/** `undefined` when it is not shown. */
async function readConnectedReplicas(redis: RedisClient): Promise<number | undefined> {
  try {
    const info = String(await askServer(redis, 'INFO', 'replication'))
    const count = /^connected_slaves:(\d+)/m.exec(info)?.[1]
    return count === undefined ? undefined : Number(count)
  } catch (error) {
    if (isStoreUnavailable(error)) throw error
    return undefined
  }
}

function replicaFlaws(connected: number | undefined, wanted: number | undefined): PersistenceFlaw[] {
  if (connected === undefined || wanted === undefined) return []
  if (connected < wanted) {
    return [
      {
        setting: 'replicas',
        message:
          `MANIFOLD_REDIS_REPLICAS is ${String(wanted)}, and Redis has ${String(connected)} replicas: until it has more, ` +
          'callers get 503',
        fix: 'start them, or lower the setting',
      },
    ]
  }
  if (connected > 0 && wanted === 0) {
    return [
      {
        setting: 'replicas',
        message:
          'Redis has replicas, which follow it with a delay: a failover may lose events that were answered 202',
        fix: 'MANIFOLD_REDIS_REPLICAS=1',
      },
    ]
  }
  return []
}

function settingFlaws(settings: ReadonlyMap<string, string> | undefined): PersistenceFlaw[] {
  if (settings === undefined) {
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
