/**
 * The closed loop: so many connections, each sending its next request when it has the last answer. For throughput.
 *
 * undici rather than autocannon: the processor time of a request is about the same (30 to 40 µs), but autocannon ends a run
 * at the next whole second, and knows latencies in whole milliseconds. Latency under a closed loop says nothing about a
 * steady load: open-loop.ts is for that.
 */
import { Pool } from 'undici'
import { monotonicMs } from '../measure/monotonic-ms.ts'
import { percentilesOf } from '../measure/percentiles.ts'
import { eventBody } from './event-body.ts'

export type ClosedLoopJob = {
  readonly origin: string
  readonly connections: number
  readonly events: number
  readonly dataBytes: number
  /** Named in turn, one in each event; without it the event's type decides. */
  readonly targets?: readonly string[] | undefined
}

let made = 0

/** Posts that many events. @throws when one is refused */
export async function runClosedLoop(job: ClosedLoopJob) {
  const pool = new Pool(job.origin, { connections: job.connections, pipelining: 1 })
  const tookMs: number[] = []
  let begun = 0
  const lane = async (): Promise<void> => {
    while (begun < job.events) {
      begun++
      const body = nextBody(job)
      const sentMs = monotonicMs()
      const answer = await pool.request({
        path: '/v1/events',
        method: 'POST',
        headers: { 'content-type': 'application/json' },
        body,
      })
      const text = await answer.body.text()
      if (answer.statusCode !== 202) throw new Error(`an event was refused: ${text}`)
      tookMs.push(monotonicMs() - sentMs)
    }
  }
  const startedMs = monotonicMs()
  await Promise.all(Array.from({ length: job.connections }, lane))
  const endedMs = monotonicMs()
  await pool.close()
  return { startedMs, endedMs, latencyMs: percentilesOf(tookMs) }
}

function nextBody({ dataBytes, targets }: ClosedLoopJob): string {
  const n = made++
  const target = targets?.[n % targets.length]
  return eventBody(n, dataBytes, target === undefined ? undefined : [target])
}
