/** Intake after an outage: how long until a producer takes events again. */
import { TARGETS } from '../stage/targets.ts'
import type { Stage } from '../stage/stage.ts'

const BACK_MS = 2_000

/** How long a caller may be left without an answer while Redis is away. */
const REFUSED_MS = 2_000

let posted = 0

/** Waits until an event is accepted; one of the promises. @returns how long it took */
export async function untilIntakeIsBack(stage: Stage): Promise<number> {
  const startedMs = performance.now()
  await stage.post({ key: `intake-${String(++posted)}`, targets: TARGETS })
  const tookMs = performance.now() - startedMs
  stage.expect(
    tookMs < BACK_MS,
    `intake is back within ${String(BACK_MS)} ms`,
    `after ${String(Math.round(tookMs))} ms`,
  )
  return tookMs
}

/** Callers were told in time that they have to come again; one of the promises. */
export function expectQuickRefusals(stage: Stage): void {
  const slowestMs = Math.round(stage.slowestRefusalMs())
  const promise = `a refusal within ${String(REFUSED_MS)} ms`
  stage.expect(slowestMs < REFUSED_MS, promise, `the slowest took ${String(slowestMs)} ms`)
  stage.note(`slowest refusal ${String(slowestMs)} ms`)
}
