import { anyone } from './anyone.ts'
import type { Scenario } from './scenario.ts'

export const producerKilled: Scenario = {
  name: 'producer-killed',
  title: 'SIGKILL of producers under load',
  promise: 'every 202 is kept; a retry with the same key finds what was stored; nothing is sent twice',
  run: async (stage) => {
    const load = stage.load()
    for (let kills = 0; kills < stage.size(2, 6); kills++) {
      const before = load.accepted()
      await stage.until('more load', () => load.accepted() >= before + stage.size(100, 500))
      await anyone(stage.producers()).kill()
      await stage.addProducer()
    }
    await load.stop()
    stage.note(`${String(stage.size(2, 6))} kills`)
  },
}
