import type { Scenario } from './scenario.ts'

export const workerKilled: Scenario = {
  name: 'worker-killed',
  title: 'SIGKILL of workers under load',
  promise: 'nothing is lost; only what was in flight comes twice, under the same id',
  run: async (stage) => {
    const load = stage.load()
    for (let kills = 0; kills < stage.size(2, 6); kills++) {
      const before = load.accepted()
      await stage.until('more load', () => load.accepted() >= before + stage.size(100, 500))
      const [worker] = stage.workers()
      await worker?.kill()
      await stage.addWorker()
    }
    await load.stop()
    stage.note(`${String(stage.size(2, 6))} kills`)
  },
}
