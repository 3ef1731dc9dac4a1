/** The Redis of `manifold dev`: the one REDIS_URL names, or a private one with its data in `.manifold/redis`. */
import { programPath } from '@manifold/config'
import { ensureRedisProgram, startRedisServer } from '@manifold/redis-server'

export type DevRedis = {
  readonly url: string
  /** One line for the user. */
  readonly description: string
  readonly stop: () => Promise<void>
}

const FOLDER = '.manifold/redis'

/** @throws when there is no Redis and none can be installed; the message says what to type */
export async function openDevRedis(
  given: string | undefined,
  say: (line: string) => void,
): Promise<DevRedis> {
  if (given !== undefined) {
    return { url: given, description: 'the Redis that REDIS_URL names', stop: () => Promise.resolve() }
  }
  const program = ensureRedisProgram(programPath(), say)
  const server = await startRedisServer({ program, folder: FOLDER })
  return { url: server.url, description: `${server.url}, data in ${FOLDER}`, stop: server.stop }
}
