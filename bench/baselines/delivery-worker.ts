/**
 * Baseline of the delivery, second half: a bare BullMQ worker per target, all in one process, that POSTs with undici.
 *
 * Concurrency 50 and 50 kept-alive connections per target, as Manifold has. No status, no signature, no breaker, no log.
 */
import { fromEnvironment } from '@manifold/config'
import { Worker } from 'bullmq'
import { Redis } from 'ioredis'
import { Pool } from 'undici'
import { z } from 'zod'
import { monotonicMs } from '../measure/monotonic-ms.ts'
import { answerRequests } from '../stage/answer.ts'
import { BASELINE_QUEUES, type BaselineJob } from './delivery-queue.ts'

const CONCURRENCY = 50

const connection = new Redis(fromEnvironment('REDIS_URL', 'redis://127.0.0.1:6379'), {
  maxRetriesPerRequest: null,
})
const sink = new URL(fromEnvironment('BENCH_SINK_URL', 'http://127.0.0.1:4000/sink'))

let completed = 0
let lastCompletedMs = 0
let wanted = Infinity
let tell: () => void = () => undefined

for (const target of BASELINE_QUEUES) {
  const pool = new Pool(sink.origin, { connections: CONCURRENCY })
  const worker = new Worker<BaselineJob>(
    target,
    async ({ data }) => {
      const answer = await pool.request({
        path: `${sink.pathname}/${target}`,
        method: 'POST',
        headers: { 'content-type': 'application/json', 'x-bench-id': `${data.id}-${target}` },
        body: data.body,
      })
      await answer.body.dump()
      if (answer.statusCode >= 300) throw new Error(`answered ${String(answer.statusCode)}`)
    },
    { connection, concurrency: CONCURRENCY },
  )
  worker.on('completed', () => {
    completed++
    lastCompletedMs = monotonicMs()
    if (completed >= wanted) tell()
  })
  worker.on('error', (error) => process.stderr.write(`${error.message}\n`))
  await worker.waitUntilReady()
}

/** Answers when that many jobs have been completed, counted from the start of the process. */
answerRequests(0, z.object({ completed: z.number() }), async (request) => {
  await new Promise<void>((resolve) => {
    wanted = request.completed
    tell = resolve
    if (completed >= wanted) resolve()
  })
  return { lastCompletedMs }
})
