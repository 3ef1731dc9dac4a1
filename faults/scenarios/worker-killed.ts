import { anyone } from './anyone.ts'
import { untilTakenOver } from './came-again.ts'
import type { Scenario } from './scenario.ts'

export const workerKilled: Scenario = {
  name: 'worker-killed',
  title: 'SIGKILL of workers under load',
  promise: 'nothing is lost; only what was in flight comes twice, under the same id',
  run: async (stage) => {
    // So that each has something in hand.
    await stage.receiver.behave('alpha', { kind: 'status', status: 200, afterMs: 100 })
    const load = stage.load()
    for (let kills = 0; kills < stage.size(2, 6); kills++) {
      const before = load.accepted()
      await stage.until('more load', () => load.accepted() >= before + stage.size(100, 500))
      const killedMs = Date.now()
      await anyone(stage.workers()).kill()
      await stage.addWorker()
      await untilTakenOver(stage, killedMs)
    }
    await load.stop()
    stage.note(`${String(stage.size(2, 6))} kills, with something in flight at each`)
  },
}
