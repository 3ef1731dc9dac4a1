/**
 * Baseline of the delivery, first half: adds jobs to one BullMQ queue per target, in bulk, with a bounded backlog.
 *
 * Used as its manual says: `addBulk` of a hundred, jobs removed when they are done. No status, no outbox, no HTTP in front.
 */
import { setTimeout as wait } from 'node:timers/promises'
import { fromEnvironment } from '@manifold/config'
import { Queue } from 'bullmq'
import { Redis } from 'ioredis'
import { z } from 'zod'
import { eventData } from '../load/event-body.ts'
import { monotonicMs } from '../measure/monotonic-ms.ts'
import { answerRequests } from '../stage/answer.ts'
import { BASELINE_QUEUES, type BaselineJob } from './delivery-queue.ts'

const BULK = 100
/** Enough for workers never to wait, little enough for Redis to stay small. */
const MAX_WAITING = 3_000

const connection = new Redis(fromEnvironment('REDIS_URL', 'redis://127.0.0.1:6379'), {
  maxRetriesPerRequest: null,
})
const queues = BASELINE_QUEUES.map((name) => new Queue<BaselineJob>(name, { connection }))

let made = 0

answerRequests(
  0,
  z.object({ perQueue: z.number(), dataBytes: z.number() }),
  async ({ perQueue, dataBytes }) => {
    await Promise.all(queues.map((queue) => queue.waitUntilReady()))
    const startedMs = monotonicMs()
    for (let added = 0; added < perQueue; added += BULK) {
      while ((await mostWaiting()) > MAX_WAITING) await wait(20)
      const events = Array.from({ length: Math.min(BULK, perQueue - added) }, () => {
        const n = made++
        return { id: `event-${String(n)}`, body: JSON.stringify(eventData(n, dataBytes)) }
      })
      await Promise.all(
        queues.map((queue) =>
          queue.addBulk(
            events.map((data) => ({
              name: 'deliver',
              data,
              opts: { removeOnComplete: true, removeOnFail: true },
            })),
          ),
        ),
      )
    }
    return { startedMs }
  },
)

async function mostWaiting(): Promise<number> {
  return Math.max(...(await Promise.all(queues.map((queue) => queue.getWaitingCount()))))
}
