/**
 * The closed loop: so many connections, each sending its next request when it has the last answer. For throughput.
 *
 * autocannon does it; per request it costs as much processor time as undici's bare dispatch (30 µs here), so nothing
 * would be won by our own. Its latencies are whole milliseconds. Latency under a closed loop says nothing about a steady
 * load: open-loop.ts is for that.
 */
import autocannon from 'autocannon'
import { monotonicMs } from '../measure/monotonic-ms.ts'
import { eventBody } from './event-body.ts'

export type ClosedLoopJob = {
  readonly url: string
  readonly connections: number
  readonly requests: number
  readonly dataBytes: number
  /** Named in turn, one in each event; without it the event's type decides. */
  readonly targets?: readonly string[] | undefined
}

let made = 0

/** Posts that many events. */
export async function runClosedLoop(job: ClosedLoopJob) {
  const { targets } = job
  const nextBody = (): string => {
    const n = made++
    const target = targets?.[n % targets.length]
    return eventBody(n, job.dataBytes, target === undefined ? undefined : [target])
  }
  const startedMs = monotonicMs()
  const result = await autocannon({
    url: job.url,
    connections: Math.min(job.connections, job.requests),
    amount: job.requests,
    method: 'POST',
    headers: { 'content-type': 'application/json' },
    requests: [{ setupRequest: (request) => ({ ...request, body: nextBody() }) }],
  })
  const { p50, p90, p99, max } = result.latency
  return {
    startedMs,
    endedMs: monotonicMs(),
    accepted: result['2xx'],
    refused: result.non2xx + result.errors,
    latencyMs: { count: result['2xx'], p50, p90, p99, max },
  }
}
