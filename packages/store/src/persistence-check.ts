/** Looks at how Redis is run: a 202 promises no more than Redis keeps. */
import type { RedisClient } from './connection.ts'
import { keys } from './keys.ts'
import type { Store } from './store.ts'
import { isStoreUnavailable } from './unavailable.ts'

/**
 * Warnings about settings under which an accepted event could be lost.
 * @param replicas how many must have what a caller is told is kept; left out by those who tell nobody
 * @returns one line each, with the fix; empty when all is well. A managed Redis may not show its settings: that is a warning too
 */
export async function persistenceWarnings(store: Store, replicas?: number): Promise<string[]> {
  try {
    const [settings, connected] = await Promise.all([
      readSettings(store.redis),
      readConnectedReplicas(store.redis),
    ])
    return [
      ...(settings === undefined
        ? [
            'Redis does not show its settings: make sure that it has appendonly yes and maxmemory-policy noeviction',
          ]
        : settingWarnings(settings)),
      ...replicaWarnings(connected, replicas),
    ]
  } catch (error) {
    if (isStoreUnavailable(error)) return []
    throw error
  }
}

/** Of a cluster, the server that has Manifold's slot: a pipeline goes where its first key is. */
async function askServer(
  redis: RedisClient,
  ...command: [name: string, ...words: string[]]
): Promise<unknown> {
  const replies = await redis
    .pipeline()
    .exists(keys.outbox)
    .call(...command)
    .exec()
  const [error, reply] = replies?.[1] ?? [new Error('no reply')]
  if (error) throw error
  return reply
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

function replicaWarnings(connected: number | undefined, wanted: number | undefined): string[] {
  if (connected === undefined || wanted === undefined) return []
  if (connected < wanted) {
    return [
      `MANIFOLD_REDIS_REPLICAS is ${String(wanted)}, and Redis has ${String(connected)} replicas: until it has more, ` +
        'callers get 503',
    ]
  }
  if (connected > 0 && wanted === 0) {
    return [
      'Redis has replicas, which follow it with a delay: a failover may lose events that were answered 202. ' +
        'Fix: MANIFOLD_REDIS_REPLICAS=1',
    ]
  }
  return []
}

function settingWarnings(settings: ReadonlyMap<string, string>): string[] {
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
