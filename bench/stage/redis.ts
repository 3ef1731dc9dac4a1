/** A Redis of one round's own: empty, on disk before it answers (appendfsync always), its files gone with it. */
import { mkdtempSync, rmSync } from 'node:fs'
import { join } from 'node:path'
import { programPath } from '@manifold/config'
import { ensureRedisProgram, startRedisServer } from '@manifold/redis-server'
import { connectRedis, waitForRedis, type Store } from '@manifold/store'
import type { Scope } from './scope.ts'

export type BenchRedis = {
  readonly url: string
  readonly pid: number
  /** For looking at what Manifold keeps; the connection is the bench's own. */
  readonly store: Store
  readonly usedMemoryBytes: () => Promise<number>
}

const DAY_MS = 86_400_000

/** Starts one that ends with the scope. */
export async function startRedis(scope: Scope, folder: string): Promise<BenchRedis> {
  const program = ensureRedisProgram(programPath(), (line) => process.stdout.write(`${line}\n`))
  const data = mkdtempSync(join(folder, 'redis-'))
  const server = await startRedisServer({ program, folder: data })
  scope.defer(async () => {
    // What it holds is of no more use: no need to wait until it is written.
    await server.kill()
    rmSync(data, { recursive: true, force: true })
  })
  const redis = connectRedis(server.url, 'patient', () => undefined)
  scope.defer(() => {
    redis.disconnect()
  })
  await waitForRedis(redis, () => undefined)
  return {
    url: server.url,
    pid: server.pid,
    store: { redis, retention: { settledMs: DAY_MS, deadMs: DAY_MS } },
    usedMemoryBytes: async () => Number(/^used_memory:(\d+)/m.exec(await redis.info('memory'))?.[1]),
  }
}
