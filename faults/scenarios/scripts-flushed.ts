import { setTimeout as wait } from 'node:timers/promises'
import type { Stage } from '../stage/stage.ts'
import { countErrors } from './redis-outage.ts'
import type { Scenario } from './scenario.ts'

/** SCRIPT FLUSH. @returns when somebody has met its NOSCRIPT */
export async function flushScripts(stage: Stage): Promise<void> {
  const before = await countErrors(stage, 'NOSCRIPT')
  await stage.redis.command('SCRIPT', 'FLUSH')
  await stage.until('a NOSCRIPT', async () => (await countErrors(stage, 'NOSCRIPT')) > before)
}

export const scriptsFlushed: Scenario = {
  name: 'scripts-flushed',
  title: 'SCRIPT FLUSH again and again under load',
  promise: 'nobody notices: no refusal, no repetition',
  run: async (stage) => {
    const load = stage.load({ eventsPerSecond: 200 })
    await stage.until('load', () => load.accepted() > 20)
    for (let flushes = 0; flushes < stage.size(10, 50); flushes++) {
      await flushScripts(stage)
      await wait(100)
    }
    await load.stop()
    const refused = [...stage.refusals().values()].reduce((sum, count) => sum + count, 0)
    stage.expect(refused === 0, 'no refusal', `${String(refused)} posts were refused`)
    stage.note(`NOSCRIPT was answered ${String(await countErrors(stage, 'NOSCRIPT'))} times`)
  },
}
