import type { Part } from '../stage/part.ts'
import type { Stage } from '../stage/stage.ts'
import { anyone } from './anyone.ts'
import type { Scenario } from './scenario.ts'

const DRAIN_MS = 2_000

/** What is documented to be waited for behind the drain (docs/deploys.md). */
const AFTER_DRAIN_MS = 2_500

/** What a stage needs whose parts are to be stopped in time. */
export const DRAINING = { MANIFOLD_DRAIN_MS: String(DRAIN_MS) }

/** SIGTERM; expects an end with 0 in time. @returns how long it took */
export async function stopInTime(stage: Stage, part: Part): Promise<number> {
  const startedMs = performance.now()
  const code = await part.stop()
  const tookMs = performance.now() - startedMs
  stage.expect(code === 0, 'ends with 0', `${part.name} ended with ${String(code)}`)
  stage.expect(
    tookMs <= DRAIN_MS + AFTER_DRAIN_MS,
    `ends within its drain and ${String(AFTER_DRAIN_MS)} ms`,
    `${part.name} took ${String(Math.round(tookMs))} ms, its drain is ${String(DRAIN_MS)} ms`,
  )
  return tookMs
}

export const workerStopped: Scenario = {
  name: 'worker-stopped',
  title: 'SIGTERM of workers and producers under load, one after the other',
  promise: 'each ends by itself with 0 within its drain and 2.5 s; what it had not done is done by others',
  stage: { environment: DRAINING },
  run: async (stage) => {
    await stage.receiver.behave('alpha', { kind: 'status', status: 200, afterMs: 100 })
    const load = stage.load({ eventsPerSecond: 200 })
    const stops: number[] = []
    for (let stopped = 0; stopped < stage.size(2, 6); stopped++) {
      const before = load.accepted()
      await stage.until('more load', () => load.accepted() >= before + 100)
      const isWorker = stopped % 2 === 0
      stops.push(await stopInTime(stage, anyone(isWorker ? stage.workers() : stage.producers())))
      await (isWorker ? stage.addWorker() : stage.addProducer())
    }
    await load.stop()
    stage.note(`${String(stops.length)} stops, the longest ${String(Math.round(Math.max(...stops)))} ms`)
  },
}
