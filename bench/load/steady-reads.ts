/** Status reads at a constant rate: how long `GET /v1/events/:id` takes while other things go on. */
import { Pool } from 'undici'
import { monotonicMs } from '../measure/monotonic-ms.ts'
import { percentilesOf } from '../measure/percentiles.ts'
import { runOpenLoop, type Schedule } from './open-loop.ts'

/** Reads these events, one after the other and over again. @throws when an answer is not 200 */
export async function readSteadily(origin: string, eventIds: readonly string[], schedule: Schedule) {
  const pool = new Pool(origin, { connections: 64, pipelining: 1 })
  const tookMs: number[] = []
  const latenessMs = await runOpenLoop(schedule, async (n) => {
    const startedMs = monotonicMs()
    const answer = await pool.request({
      path: `/v1/events/${eventIds[n % eventIds.length] ?? ''}`,
      method: 'GET',
    })
    await answer.body.dump()
    if (answer.statusCode !== 200) throw new Error(`a status was answered ${String(answer.statusCode)}`)
    tookMs.push(monotonicMs() - startedMs)
  })
  await pool.close()
  return { latencyMs: percentilesOf(tookMs), latenessMs: percentilesOf(latenessMs) }
}
