/**
 * Hears from the sentinels that there is another master, and has a connection made anew.
 *
 * Needed where the old master lives on: asked to step down by hand it goes on taking writes, which are lost, until it is told
 * some ten seconds later; and one whose machine is gone closes no connection.
 *
 * Not the client library's own `failoverDetector`: when it hears of the other master while a connection is being made, it ends
 * that connection for good.
 */
import type { RedisAddress } from '@manifold/domain'
import { Redis } from 'ioredis'

const SWITCHED = '+switch-master'
const RETRY_MS = 1_000

/** Watches until the connection is ended. Each sentinel tells when it knows itself, and would give the old address before. */
export function watchFailover(redis: Redis, address: Extract<RedisAddress, { kind: 'sentinel' }>): void {
  const { sentinels, master, sentinelPassword, tls } = address
  const watchers = sentinels.map((node) => {
    const watcher = new Redis({
      ...node,
      ...(sentinelPassword === undefined ? {} : { password: sentinelPassword }),
      ...(tls ? { tls: {} } : {}),
      retryStrategy: () => RETRY_MS,
      maxRetriesPerRequest: null,
      enableReadyCheck: false,
    })
    // One that is away is asked again; the connection itself tells of what matters.
    watcher.on('error', () => undefined)
    watcher.on('message', (_channel, message: string) => {
      const [name, , , host, port] = message.split(' ')
      const { remoteAddress, remotePort } = redis.stream
      const isThere = remoteAddress === host && String(remotePort) === port
      // One that is being made asks the sentinels anyway.
      if (name === master && !isThere && redis.status === 'ready') redis.disconnect(true)
    })
    watcher.subscribe(SWITCHED).catch(() => undefined)
    return watcher
  })
  redis.once('end', () => {
    for (const watcher of watchers) watcher.disconnect()
  })
}
