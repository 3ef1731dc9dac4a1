/**
 * Looks at what is in Redis: the queues with BullMQ itself, and two counts. Read only.
 *
 * Spells the keys out once more: what judges Manifold shares no code with it.
 */
import { Queue } from 'bullmq'
import { Cluster, Redis } from 'ioredis'
import type { QueueSeen } from './snapshot.ts'

const PREFIX = '{manifold}:queue'
const OUTBOX = '{manifold}:outbox'
const backlogKey = (target: string) => `{manifold}:backlog:${target}`

export type RedisSeen = { readonly queues: readonly QueueSeen[]; readonly outbox: number }

export type RedisLook = {
  readonly look: () => Promise<RedisSeen>
  readonly close: () => Promise<void>
}

/** Where Redis is, on loopback. */
export type LookAddress =
  | { readonly kind: 'one'; readonly port: number }
  | { readonly kind: 'sentinel'; readonly ports: readonly number[]; readonly name: string }
  | { readonly kind: 'cluster'; readonly ports: readonly number[] }

/** Opens a connection of the oracle's own. */
export function openLook(address: LookAddress, targets: readonly string[]): RedisLook {
  const redis = connect(address)
  redis.on('error', () => undefined)
  const open = (name: string) => {
    const queue = new Queue(name, { connection: redis, prefix: PREFIX, skipVersionCheck: true })
    // A run kills Redis; the connection comes back by itself.
    queue.on('error', () => undefined)
    return queue
  }
  const queues = targets.map((target) => ({ target, live: open(target), dead: open(`${target}.dead`) }))
  return {
    look: async () => ({
      queues: await Promise.all(queues.map((queue) => lookAtQueue(redis, queue))),
      outbox: await redis.zcard(OUTBOX),
    }),
    close: async () => {
      await Promise.all(queues.flatMap(({ live, dead }) => [live.close(), dead.close()]))
      redis.disconnect()
    },
  }
}

function connect(address: LookAddress): Redis | Cluster {
  if (address.kind === 'one')
    return new Redis({ host: '127.0.0.1', port: address.port, maxRetriesPerRequest: null })
  const nodes = address.ports.map((port) => ({ host: '127.0.0.1', port }))
  if (address.kind === 'sentinel')
    return new Redis({ sentinels: nodes, name: address.name, maxRetriesPerRequest: null })
  return new Cluster(nodes)
}

type TargetQueues = { readonly target: string; readonly live: Queue; readonly dead: Queue }

async function lookAtQueue(redis: Redis | Cluster, { target, live, dead }: TargetQueues): Promise<QueueSeen> {
  const [counts, letters, backlog] = await Promise.all([
    live.getJobCounts('wait', 'prioritized', 'delayed', 'active', 'completed', 'failed', 'waiting-children'),
    dead.getWaiting(0, -1),
    redis.hgetall(backlogKey(target)),
  ])
  return {
    target,
    jobs: sum(Object.values(counts)),
    deadJobIds: letters.flatMap((job) => (job.id === undefined ? [] : [job.id])),
    backlog: sum(Object.values(backlog).map(Number)),
  }
}

function sum(numbers: readonly number[]): number {
  return numbers.reduce((total, one) => total + one, 0)
}
