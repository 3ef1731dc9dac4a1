/**
 * Connections to Redis, one kind per need, whatever its shape: one server, sentinels, or a cluster.
 *
 * Owns that they are there and that an outage is told of once. How long a command may wait is said in connection-options.ts:
 * a producer must answer its caller, so its commands fail soon; a worker holds an outcome that must not be lost, so its
 * commands wait for Redis to come back.
 */
import type { RedisAddress } from '@manifold/domain'
import { Cluster, Redis } from 'ioredis'
import { clusterOptions, sentinelOptions, serverOptions, type Patience } from './connection-options.ts'
import { watchFailover } from './watch-failover.ts'

export type { Patience } from './connection-options.ts'

export type RedisClient = Redis | Cluster

/**
 * Opens a connection; it reconnects by itself for ever.
 *
 * @param address where Redis is; a text is the URL of one server
 * @param patience `fail-fast` for those who must answer a caller, `patient` for those who must not lose an outcome
 * @param onError told of each connection error once per outage, not once per retry
 */
export function connectRedis(
  address: RedisAddress,
  patience: Patience,
  onError: (error: Error) => void,
): RedisClient
export function connectRedis(url: string, patience: Patience, onError: (error: Error) => void): Redis
export function connectRedis(
  address: RedisAddress | string,
  patience: Patience,
  onError: (error: Error) => void,
): RedisClient {
  let outage = false
  const fail = (error: Error) => {
    if (!outage) onError(error)
    outage = true
  }
  const recover = () => {
    outage = false
  }
  if (typeof address === 'object' && address.kind === 'cluster') {
    const cluster = new Cluster([...address.nodes], clusterOptions(address, patience))
    cluster.on('error', fail)
    cluster.on('node error', fail)
    cluster.on('+node', (node: Redis) => node.on('ready', recover))
    cluster.on('ready', recover)
    return cluster
  }
  const redis = openServer(address, patience)
  redis.on('error', fail)
  redis.on('ready', recover)
  return redis
}

function openServer(address: Exclude<RedisAddress, { kind: 'cluster' }> | string, patience: Patience): Redis {
  if (typeof address === 'string') return new Redis(address, serverOptions(patience))
  if (address.kind === 'single') return new Redis(address.url, serverOptions(patience))
  const redis = new Redis(sentinelOptions(address, patience))
  watchFailover(redis, address)
  return redis
}

/** Resolves when Redis answers; calls `onWaiting` once if it does not at first. Never gives up. */
export async function waitForRedis(redis: RedisClient, onWaiting: () => void): Promise<void> {
  if (redis.status === 'ready') return
  const timer = setTimeout(onWaiting, 300)
  try {
    await new Promise<void>((resolve) => {
      const ready = () => {
        resolve()
      }
      if (redis instanceof Cluster) redis.once('ready', ready)
      else redis.once('ready', ready)
    })
  } finally {
    clearTimeout(timer)
  }
}
