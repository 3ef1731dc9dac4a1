/** Checks of Redis: is it there, may it be used, does it keep what it is given. */
import type { Settings } from '@manifold/config'
import type { RedisAddress, RedisNode } from '@manifold/domain'
import { connectRedis, isRedisReply, persistenceFlaws, type RedisClient } from '@manifold/store'
import { loadEveryScript, readClockSkew, readRedisFacts } from '@manifold/store/redis-facts'
import { broken, ok, warning, type Finding } from './finding.ts'
import { judgeClock, judgeFacts } from './judge-redis.ts'

const PATIENCE_MS = 4_000

/** Looks at the one that the parts would use. */
export async function checkRedis({ redis: address, redisUrl, redisReplicas }: Settings): Promise<Finding[]> {
  const place = placeOf(address)
  let lastError: Error | undefined
  const redis = connectRedis(address, 'fail-fast', (error) => {
    lastError = error
  })
  try {
    if (!(await isReady(redis))) return [unreachable(place, redisUrl !== undefined, lastError)]
    return [ok('Redis', `answers at ${place}`), ...(await lookAt(redis, redisReplicas))]
  } finally {
    redis.disconnect()
  }
}

/** A check that Redis refuses, or gives no answer to, says so, and the others go on. */
async function lookAt(redis: RedisClient, replicas: number): Promise<Finding[]> {
  const looks: readonly (readonly [string, () => Promise<readonly Finding[]>])[] = [
    ['Redis', async () => judgeFacts(await readRedisFacts(redis))],
    ['Redis persistence', () => checkPersistence(redis, replicas)],
    ['Redis clock', async () => [judgeClock(await readClockSkew(redis))]],
    [
      'Redis scripts',
      async () => [ok('Redis scripts', `takes all ${String(await loadEveryScript(redis))} Lua scripts`)],
    ],
  ]
  const findings: Finding[] = []
  for (const [about, look] of looks) {
    try {
      findings.push(...(await look()))
    } catch (error) {
      findings.push(withoutLook(about, error))
    }
  }
  return findings
}

function withoutLook(about: string, error: unknown): Finding {
  const reason = error instanceof Error ? error.message : String(error)
  return isRedisReply(error)
    ? broken(
        about,
        `refuses what Manifold needs: ${reason}`,
        'let its user run these commands (ACL), on a primary with memory left',
      )
    : broken(
        about,
        `could not be looked at: ${reason}`,
        'see why Redis is silent, or the network to it is, and look again',
      )
}

async function checkPersistence(redis: RedisClient, replicas: number): Promise<readonly Finding[]> {
  const flaws = await persistenceFlaws({ redis }, replicas)
  if (flaws.length === 0)
    return [ok('Redis persistence', 'appendonly yes, appendfsync always, maxmemory-policy noeviction')]
  return flaws.map(({ setting, message, fix }) => {
    const about = setting === 'maxmemory-policy' ? 'Redis eviction' : 'Redis persistence'
    const durable =
      setting === 'hidden' || setting === 'replicas' ? fix : `${fix}, and the same in redis.conf`
    return setting === 'appendonly' || setting === 'maxmemory-policy'
      ? broken(about, message, durable)
      : warning(about, message, durable)
  })
}

function unreachable(place: string, given: boolean, error: Error | undefined): Finding {
  const why = error?.message ?? `no answer within ${String(PATIENCE_MS)} ms`
  const fix = given
    ? 'start it there, or correct REDIS_URL (user, password and TLS, too: rediss://user:password@host:port)'
    : 'start Redis and name it with REDIS_URL; "npm start" runs one of its own'
  return broken('Redis', `cannot be used at ${place}: ${why}; nothing is accepted or delivered`, fix)
}

async function isReady(redis: RedisClient): Promise<boolean> {
  const deadline = Date.now() + PATIENCE_MS
  while (redis.status !== 'ready') {
    if (Date.now() > deadline) return false
    await new Promise((resolve) => setTimeout(resolve, 20))
  }
  return true
}

/** An address to show: what could be a secret in it is left out. */
function placeOf(address: RedisAddress): string {
  switch (address.kind) {
    case 'sentinel':
      return `the master ${address.master} of the sentinels ${address.sentinels.map(nodeOf).join(', ')}`
    case 'cluster':
      return `the cluster of ${address.nodes.map(nodeOf).join(', ')}`
    case 'single':
      return withoutPassword(address.url)
    default:
      return address satisfies never
  }
}

function nodeOf({ host, port }: RedisNode): string {
  return `${host}:${String(port)}`
}

function withoutPassword(text: string): string {
  const url = URL.parse(text)
  if (url === null) return text.startsWith('/') ? text : 'REDIS_URL'
  return `${url.protocol}//${url.host}${url.pathname}`
}
