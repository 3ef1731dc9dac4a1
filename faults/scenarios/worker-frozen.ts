import { setTimeout as wait } from 'node:timers/promises'
import type { Scenario } from './scenario.ts'

/** The stage's locks last 1.5 s; a claim lasts the target's timeout and 5 s more. */
const FROZEN_MS = 10_000

export const workerFrozen: Scenario = {
  name: 'worker-frozen',
  title: 'SIGSTOP of a worker for longer than its locks and claims, then SIGCONT',
  promise: 'another takes over; what comes back changes nothing that was settled since',
  run: async (stage) => {
    for (const target of ['alpha', 'beta']) {
      await stage.receiver.behave(target, { kind: 'status', status: 200, afterMs: 40 })
    }
    const load = stage.load({ eventsPerSecond: 100 })
    await stage.until('load', () => load.accepted() > 100)
    const [worker] = stage.workers()
    const thaw = worker?.freeze()
    await wait(FROZEN_MS)
    thaw?.()
    const before = load.accepted()
    await stage.until('load after it', () => load.accepted() > before + 100)
    await load.stop()
    stage.note(`frozen for ${String(FROZEN_MS / 1_000)} s`)
  },
}
