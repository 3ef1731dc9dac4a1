/**
 * Redis's time for BullMQ, which would take each process's own: the times that it writes for others to read (when a delayed
 * job is due) and those that it compares with them are Redis's, however wrong the clocks of the processes are.
 *
 * Owns where in BullMQ's calls a time is. What BullMQ keeps to itself stays in the process's time, and is translated on the way.
 */
import { createRedisBackend, type BackendFactory, type RedisQueueBackend } from 'bullmq'

/** Where the time stands among the keys and arguments of the scripts that look at delayed jobs. */
const TIME_AT: Readonly<Record<string, number>> = {
  moveToActive: 12,
  moveToDelayed: 12,
  moveToFinished: 15,
  retryJob: 12,
}

/** @param now milliseconds by Redis's clock */
export function redisTimeBackend(now: () => number): BackendFactory<RedisQueueBackend> {
  return (name, opts, options) => {
    const backend = createRedisBackend(name, opts, options)
    const run = backend.execCommand.bind(backend)
    backend.execCommand = (client, command, args: unknown[]): unknown => {
      const at = TIME_AT[command]
      return run(client, command, at === undefined ? args : args.with(at, now()))
    }

    const toProcessTime = (redisMs: number) => (redisMs > 0 ? redisMs - now() + Date.now() : redisMs)
    const moveToActive = backend.moveToActive.bind(backend)
    backend.moveToActive = async (token, workerName) => {
      // Typed as anything: the job, its id, and how long there is none.
      const reply = (await moveToActive(token, workerName)) as [unknown, string, number, number]
      const [job, id, limitMs, dueAtMs] = reply
      return [job, id, limitMs, toProcessTime(dueAtMs)]
    }
    const waitForJob = backend.waitForJob.bind(backend)
    backend.waitForJob = async (timeoutSeconds) => {
      const marker = await waitForJob(timeoutSeconds)
      return marker === null ? null : { ...marker, score: toProcessTime(marker.score) }
    }
    return backend
  }
}
