/** Runs one scenario on a stage of its own, and says what was seen. */
import { inScope } from '../bench/stage/scope.ts'
import type { Finding } from './oracle/finding.ts'
import type { Window } from './oracle/windows.ts'
import type { Scenario } from './scenarios/scenario.ts'
import { healParts, healTargets } from './stage/heal.ts'
import { setStage } from './stage/set-stage.ts'
import type { StageOptions } from './stage/stage.ts'

export type Result = {
  readonly name: string
  readonly title: string
  readonly promise: string
  readonly seen: string
  readonly findings: readonly Finding[]
  /** What was disturbed, and when. */
  readonly windows: readonly Window[]
  readonly tookMs: number
  /** Why it was not run: then nothing was seen, and nothing can have been found. */
  readonly notRun?: string
}

/** @throws only when the stage cannot be set, or judged; what a scenario waits for in vain is a finding */
export function runScenario(
  scenario: Scenario,
  options: Pick<StageOptions, 'folder' | 'quick' | 'seed'>,
): Promise<Result> {
  const { name, title, promise } = scenario
  const missing = scenario.missing?.()
  if (missing !== undefined) return Promise.resolve(notRun(scenario, missing))
  const startedMs = performance.now()
  return inScope(async (scope) => {
    const stage = await setStage(scope, { ...options, ...scenario.stage })
    const broken: Finding[] = []
    await scenario.run(stage).catch(async (error: unknown) => {
      broken.push({
        kind: 'promise-broken',
        subject: name,
        detail: error instanceof Error ? error.message : String(error),
      })
      // It broke off in the middle: what is left of its fault, and of its load, is not for the verdict.
      await healParts(stage)
      await healTargets(stage)
    })
    await stage.endLoads()
    const settled = await stage.settle()
    const refusals = [...stage.refusals()].map(([status, count]) => `${String(count)} × ${String(status)}`)
    const seen = [
      `${String(settled.events)} events, ${String(settled.deliveries)} deliveries, ${String(settled.requests.length)} requests`,
      `${String(settled.duplicates)} came twice`,
      ...(refusals.length === 0 ? [] : [`refused ${refusals.join(', ')}`]),
      ...stage.notes(),
      `at rest after ${(settled.restedMs / 1_000).toFixed(1)} s`,
    ].join('; ')
    const tookMs = performance.now() - startedMs
    return {
      name,
      title,
      promise,
      seen,
      findings: [...broken, ...settled.findings],
      windows: stage.disturbances.windows(),
      tookMs,
    }
  })
}

function notRun({ name, title, promise }: Scenario, reason: string): Result {
  const seen = `not run: ${reason}`
  return { name, title, promise, seen, findings: [], windows: [], tookMs: 0, notRun: reason }
}
