/**
 * The floor under every delivery: undici alone, POSTing to the receiver with 150 under way. No queue, no Redis, nothing
 * durable: what is left when everything that makes a delivery reliable is taken away.
 */
import { fromEnvironment } from '@manifold/config'
import { Pool } from 'undici'
import { z } from 'zod'
import { eventData } from '../load/event-body.ts'
import { monotonicMs } from '../measure/monotonic-ms.ts'
import { answerRequests } from '../stage/answer.ts'

const IN_FLIGHT = 150

const sink = new URL(fromEnvironment('BENCH_SINK_URL', 'http://127.0.0.1:4000/sink'))
const pool = new Pool(sink.origin, { connections: IN_FLIGHT })

answerRequests(0, z.object({ deliveries: z.number(), dataBytes: z.number() }), async (request) => {
  let begun = 0
  const lane = async (): Promise<void> => {
    while (begun < request.deliveries) {
      const n = begun++
      const answer = await pool.request({
        path: `${sink.pathname}/alpha`,
        method: 'POST',
        headers: { 'content-type': 'application/json' },
        body: JSON.stringify(eventData(n, request.dataBytes)),
      })
      await answer.body.dump()
    }
  }
  const startedMs = monotonicMs()
  await Promise.all(Array.from({ length: IN_FLIGHT }, lane))
  return { startedMs, endedMs: monotonicMs() }
})
