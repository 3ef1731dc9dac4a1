import { setTimeout as wait } from 'node:timers/promises'
import type { Scenario } from './scenario.ts'

export const scriptsFlushed: Scenario = {
  name: 'scripts-flushed',
  title: 'SCRIPT FLUSH again and again under load',
  promise: 'nobody notices: no refusal, no repetition',
  run: async (stage) => {
    const load = stage.load({ eventsPerSecond: 200 })
    for (let flushes = 0; flushes < stage.size(10, 50); flushes++) {
      await stage.redis.command('SCRIPT', 'FLUSH')
      await wait(100)
    }
    await load.stop()
    const refused = [...stage.refusals().values()].reduce((sum, count) => sum + count, 0)
    stage.expect(refused === 0, 'no refusal', `${String(refused)} posts were refused`)
  },
}
