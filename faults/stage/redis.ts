/** The Redis of a run: a process of its own, on disk before it answers, that can be killed, come back, and be talked to. */
import { readdirSync } from 'node:fs'
import { join } from 'node:path'
import { programPath } from '@manifold/config'
import { ensureRedisProgram, freePort, startRedisServer, type RedisServer } from '@manifold/redis-server'
import { connectRedis, waitForRedis } from '@manifold/store'
import type { Disturbances } from './disturbances.ts'

export type StageRedis = {
  readonly port: number
  readonly pid: () => number
  /** As a crash would. */
  readonly kill: () => Promise<void>
  /** As an operator would: everything is on disk. */
  readonly stop: () => Promise<void>
  /** On the same port, with what its file holds. @param more settings of this start */
  readonly start: (more?: readonly (readonly string[])[]) => Promise<void>
  /** The file that it appends to. */
  readonly file: () => string
  /** One command over a connection of its own, past every proxy. */
  readonly command: (name: string, ...words: string[]) => Promise<unknown>
  readonly close: () => Promise<void>
}

export async function startStageRedis(
  folder: string,
  settings: readonly (readonly string[])[],
  disturbances: Disturbances,
): Promise<StageRedis> {
  const program = ensureRedisProgram(programPath(), () => undefined)
  const options = { program, folder: join(folder, 'redis'), settings, port: await freePort() }
  let server: RedisServer | undefined = await startRedisServer(options)
  let back: () => void = () => undefined
  return {
    port: options.port,
    pid: () => server?.pid ?? 0,
    kill: async () => {
      back = disturbances.begin('SIGKILL of Redis', 'duplicates')
      await server?.kill()
      server = undefined
    },
    stop: async () => {
      back = disturbances.begin('SIGTERM of Redis', 'duplicates')
      await server?.stop()
      server = undefined
    },
    start: async (more = []) => {
      server ??= await startRedisServer({ ...options, settings: [...settings, ...more] })
      back()
    },
    file: () => {
      const appended = join(options.folder, 'appendonlydir')
      const [last] = readdirSync(appended)
        .filter((name) => name.endsWith('.incr.aof'))
        .sort((a, b) => b.localeCompare(a, undefined, { numeric: true }))
      if (last === undefined) throw new Error(`nothing is appended to in ${appended}`)
      return join(appended, last)
    },
    command: async (name, ...words) => {
      const redis = connectRedis(`redis://127.0.0.1:${String(options.port)}`, 'patient', () => undefined)
      try {
        await waitForRedis(redis, () => undefined)
        return await redis.call(name, ...words)
      } finally {
        redis.disconnect()
      }
    },
    close: async () => {
      await server?.kill()
    },
  }
}
