/** A real Redis of a test's own: its own process, port and folder. */
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { programPath } from '@manifold/config'
import { ensureRedisProgram, freePort, startRedisServer, type RedisServer } from '@manifold/redis-server'

export type TestRedis = {
  readonly url: string
  /** As a crash would. */
  readonly kill: () => Promise<void>
  /** Silent but connected, as behind a cut cable. */
  readonly freeze: () => void
  readonly thaw: () => void
  /** On the same port, with the same data. @param settings of this start, such as `['maxmemory', '64mb']` */
  readonly start: (settings?: readonly (readonly string[])[]) => Promise<void>
  readonly close: () => Promise<void>
}

export async function startTestRedis(): Promise<TestRedis> {
  const program = ensureRedisProgram(programPath(), () => undefined)
  const folder = mkdtempSync(join(tmpdir(), 'manifold-redis-'))
  const port = await freePort()
  let server: RedisServer | undefined = await startRedisServer({ program, folder, port })
  return {
    url: server.url,
    kill: async () => {
      await server?.kill()
      server = undefined
    },
    freeze: () => {
      if (server !== undefined) process.kill(server.pid, 'SIGSTOP')
    },
    thaw: () => {
      if (server !== undefined) process.kill(server.pid, 'SIGCONT')
    },
    start: async (settings = []) => {
      server ??= await startRedisServer({ program, folder, port, settings })
    },
    close: async () => {
      await server?.kill()
      rmSync(folder, { recursive: true, force: true })
    },
  }
}
