/**
 * The queues: one per target, and beside it `<target>.dead`, which has no worker.
 *
 * Owns their names and options. All queues of a process share one connection.
 */
import { keys, type RedisClient } from '@manifold/store'
import { Queue, type JobsOptions } from 'bullmq'
import { redisTimeBackend } from './redis-time.ts'

/** BullMQ's own event stream is read by nobody here: keep it short. */
const EVENT_STREAM_LENGTH = 100

/** The event record decides when a delivery has had enough attempts; BullMQ must never decide first. */
const UNLIMITED_ATTEMPTS = 1_000_000_000

export const DELIVERY_JOB: JobsOptions = {
  attempts: UNLIMITED_ATTEMPTS,
  backoff: { type: 'custom' },
  removeOnComplete: true,
  removeOnFail: true,
  // Why an attempt failed stands in the event record, with more than a stack trace would say.
  stackTraceLimit: 0,
}

export type Queues = {
  /** Milliseconds by Redis's clock: what the queues go by. */
  readonly now: () => number
  readonly of: (target: string) => Queue
  readonly deadOf: (target: string) => Queue
  readonly close: () => Promise<void>
}

/**
 * @param onError told of connection errors; the queues reconnect by themselves
 * @param now milliseconds by Redis's clock; by this process's own where that is good enough
 */
export function openQueues(
  redis: RedisClient,
  onError: (error: Error) => void,
  now: () => number = Date.now,
): Queues {
  const backend = redisTimeBackend(now)
  const open = new Map<string, Queue>()
  const queue = (name: string): Queue => {
    const existing = open.get(name)
    if (existing !== undefined) return existing
    const options = {
      connection: redis,
      prefix: keys.queuePrefix,
      skipWaitingForReady: true,
      skipVersionCheck: true,
      streams: { events: { maxLen: EVENT_STREAM_LENGTH } },
    }
    const made = new Queue(name, options, backend)
    made.on('error', onError)
    open.set(name, made)
    return made
  }
  return {
    now,
    of: queue,
    deadOf: (target) => queue(deadQueueName(target)),
    close: async () => {
      await Promise.all([...open.values()].map((one) => one.close()))
    },
  }
}

/** A target's name holds no dot, so no target's queue can be called like this. */
export function deadQueueName(target: string): string {
  return `${target}.dead`
}
