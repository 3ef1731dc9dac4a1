/**
 * The producer's way to Redis: the connections, the clock, the store and the queues on them.
 *
 * Owns opening them, what operators are warned of at the start, and in which order they are closed.
 */
import type { Settings } from '@manifold/config'
import { openQueues, type Queues } from '@manifold/queue'
import { reportErrors, type Logger } from '@manifold/runtime'
import {
  connectRedis,
  createKeep,
  followRedisClock,
  isMemoryShown,
  isRedisReply,
  isStoreUnavailable,
  persistenceWarnings,
  waitForRedis,
  type Store,
} from '@manifold/store'

export type OpenStore = {
  /** With the clock of Redis. */
  readonly store: Store
  readonly queues: Queues
  /** Where errors of background work go. */
  readonly onError: (error: unknown) => void
  /** Behind all that uses it. */
  readonly close: () => Promise<void>
}

/** Waits for Redis, however long, and says so. */
export async function openStore(settings: Settings, logger: Logger): Promise<OpenStore> {
  const redis = connectRedis(settings.redis, 'fail-fast', (error) => {
    logger.warn({ reason: error.message }, 'Redis is away; requests get 503 until it is back')
  })
  await waitForRedis(redis, () => {
    logger.warn('waiting for Redis')
  })
  // What callers are promised waits for replicas: on a connection of its own, as it is silent meanwhile.
  const keeping =
    settings.redisReplicas === 0 ? undefined : connectRedis(settings.redis, 'fail-fast', () => undefined)
  if (keeping !== undefined) await waitForRedis(keeping, () => undefined)
  const onError = reportErrors(logger, (error) =>
    isStoreUnavailable(error) ? (isRedisReply(error) ? 'refusal' : 'outage') : 'bug',
  )
  const clock = await followRedisClock(redis, onError)
  const store: Store = {
    redis,
    retention: settings.retention,
    keep: keeping === undefined ? undefined : createKeep(keeping, settings.redisReplicas),
    now: clock.now,
  }
  for (const warning of await persistenceWarnings(store, settings.redisReplicas)) logger.warn(warning)
  if (settings.overload.maxMemoryPercent > 0 && (await isMemoryShown(store)) === false)
    logger.warn('Redis does not show its memory: MANIFOLD_MAX_MEMORY_PERCENT has no effect')
  const queues = openQueues(redis, onError, clock.now)
  return {
    store,
    queues,
    onError,
    close: async () => {
      await queues.close()
      keeping?.disconnect()
      clock.stop()
      redis.disconnect()
    },
  }
}
