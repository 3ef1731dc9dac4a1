/** Real Redis of a test's own in other shapes than one server: a cluster, and a master with replicas and sentinels. */
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { programPath } from '@manifold/config'
import {
  ensureRedisProgram,
  startRedisCluster,
  startReplicatedRedis,
  type RedisCluster,
  type ReplicatedRedis,
} from '@manifold/redis-server'

/** Three masters, each with so many replicas. */
export function startTestCluster(replicas = 0): Promise<RedisCluster> {
  return inFolder((own) => startRedisCluster({ ...own, replicas }))
}

/** A master, its replicas, and three sentinels. */
export function startTestReplicas(replicas = 2): Promise<ReplicatedRedis> {
  return inFolder((own) => startReplicatedRedis({ ...own, replicas }))
}

async function inFolder<T extends { readonly close: () => Promise<void> }>(
  start: (own: { readonly program: string; readonly folder: string }) => Promise<T>,
): Promise<T> {
  const program = ensureRedisProgram(programPath(), () => undefined)
  const folder = mkdtempSync(join(tmpdir(), 'manifold-redis-'))
  const remove = () => {
    rmSync(folder, { recursive: true, force: true, maxRetries: 3 })
  }
  try {
    const started = await start({ program, folder })
    return {
      ...started,
      close: async () => {
        await started.close()
        remove()
      },
    }
  } catch (error) {
    remove()
    throw error
  }
}
