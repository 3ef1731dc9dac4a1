/**
 * The Redis servers of a run, in one of three shapes: one server behind proxies; a master with replicas and sentinels; a
 * cluster. Parts find the last two past the proxies, as those tell of addresses themselves.
 */
import { join } from 'node:path'
import { programPath } from '@manifold/config'
import {
  ensureRedisProgram,
  startRedisCluster,
  startReplicatedRedis,
  type RedisCluster,
  type ReplicatedRedis,
} from '@manifold/redis-server'
import type { LookAddress } from '../oracle/look-at-redis.ts'
import type { Disturbances } from './disturbances.ts'
import { startStageRedis, type StageRedis } from './redis.ts'

export type Shape =
  | { readonly kind: 'one' }
  | { readonly kind: 'replicated'; readonly replicas: number }
  | { readonly kind: 'cluster'; readonly replicas: number }

export type Servers = {
  /** @throws where there is not just one */
  readonly one: () => StageRedis
  /** @throws where there are no sentinels */
  readonly replicated: () => ReplicatedRedis
  /** @throws where there is no cluster */
  readonly cluster: () => RedisCluster
  /** Where parts find it; `undefined`: behind the links to `port`. */
  readonly url: string | undefined
  readonly port: number
  readonly look: LookAddress
  readonly close: () => Promise<void>
}

export async function startServers(
  folder: string,
  shape: Shape,
  settings: readonly (readonly string[])[],
  disturbances: Disturbances,
): Promise<Servers> {
  const program = ensureRedisProgram(programPath(), () => undefined)
  const own = { program, folder: join(folder, 'redis') }
  switch (shape.kind) {
    case 'one': {
      const redis = await startStageRedis(folder, settings, disturbances)
      const { port, close } = redis
      return { ...NONE, one: () => redis, url: undefined, port, look: { kind: 'one', port }, close }
    }
    case 'replicated': {
      const redis = await startReplicatedRedis({ ...own, settings, replicas: shape.replicas })
      const { url, close, sentinelPorts, masterName } = redis
      const look = { kind: 'sentinel', ports: sentinelPorts, name: masterName } as const
      return { ...NONE, replicated: () => redis, url, port: await redis.masterPort(), look, close }
    }
    case 'cluster': {
      const redis = await startRedisCluster({ ...own, replicas: shape.replicas })
      const { url, close, ports } = redis
      const port = ports[0] ?? 0
      return { ...NONE, cluster: () => redis, url, port, look: { kind: 'cluster', ports }, close }
    }
    default:
      return shape satisfies never
  }
}

const NONE = { one: otherShape, replicated: otherShape, cluster: otherShape }

function otherShape(): never {
  throw new Error('the Redis of this stage has another shape')
}
