import { setTimeout as wait } from 'node:timers/promises'
import { anyone } from './anyone.ts'
import { countCameAgain } from './came-again.ts'
import type { Scenario } from './scenario.ts'

/** The stage's locks last 1.5 s; a claim lasts the target's timeout and 5 s more. */
const FROZEN_QUICK_MS = 10_000
const FROZEN_MS = 30_000

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
    const frozenMs = Date.now()
    const thaw = anyone(stage.workers()).freeze()
    const forMs = stage.size(FROZEN_QUICK_MS, FROZEN_MS)
    await wait(forMs)
    const takenOver = countCameAgain(stage.requests(), frozenMs)
    thaw()
    stage.expect(takenOver > 0, 'another takes over what was in flight', 'nothing came again meanwhile')
    const before = load.accepted()
    await stage.until('load after it', () => load.accepted() > before + 100)
    await load.stop()
    stage.note(`frozen for ${String(forMs / 1_000)} s, ${String(takenOver)} taken over meanwhile`)
  },
}
