/**
 * The closed loop: so many connections, each sending its next request when it has the last answer. For throughput.
 *
 * Not autocannon, which ends a run at the next whole second and knows latencies in whole milliseconds. Latency under a closed
 * loop says nothing about a steady load: open-loop.ts is for that.
 */
import { monotonicMs } from '../measure/monotonic-ms.ts'
import { percentilesOf } from '../measure/percentiles.ts'
import { eventBody } from './event-body.ts'
import { openLane, type Lane } from './lane.ts'

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
  const lanes = await Promise.all(Array.from({ length: job.connections }, () => openLane(job.origin)))
  const tookMs: number[] = []
  let begun = 0
  const drive = async (lane: Lane): Promise<void> => {
    while (begun < job.events) {
      begun++
      const body = nextBody(job)
      const sentMs = monotonicMs()
      const answer = await lane.post('/v1/events', body)
      if (answer.status !== 202) throw new Error(`an event was refused: ${answer.body}`)
      tookMs.push(monotonicMs() - sentMs)
    }
  }
  const startedMs = monotonicMs()
  await Promise.all(lanes.map(drive))
  const endedMs = monotonicMs()
  for (const lane of lanes) lane.close()
  return { startedMs, endedMs, latencyMs: percentilesOf(tookMs) }
}

function nextBody({ dataBytes, targets }: ClosedLoopJob): string {
  const n = made++
  const target = targets?.[n % targets.length]
  return eventBody(n, dataBytes, target === undefined ? undefined : [target])
}
