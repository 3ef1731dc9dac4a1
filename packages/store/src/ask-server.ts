/** Asks the one server that has Manifold's keys, of however many there are, what has no key of its own. */
import type { RedisClient } from './connection.ts'
import { keys } from './keys.ts'

/** Of a cluster, the server that has Manifold's slot: a pipeline goes where its first key is. @throws what it answers with */
export async function askServer(
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
