import { setTimeout as wait } from 'node:timers/promises'
import { TARGETS } from '../stage/targets.ts'
import type { Scenario } from './scenario.ts'

export const configReloaded: Scenario = {
  name: 'config-reloaded',
  title: 'SIGHUP of every part under load again and again, every other time with a config that is broken',
  promise: 'nobody notices: no refusal, no repetition; a broken config leaves the one before in force',
  run: async (stage) => {
    for (const target of TARGETS)
      await stage.receiver.behave(target, { kind: 'status', status: 200, afterMs: 50 })
    const load = stage.load({ eventsPerSecond: 100 })
    await stage.until('load', () => load.accepted() > 50)
    const reloads = stage.size(6, 30)
    for (let count = 0; count < reloads; count++) {
      const broken = count % 2 === 0
      const taken = await stage.configure(broken ? 'broken' : TARGETS)
      stage.expect(
        taken !== broken,
        'what is good is taken, what is broken is not',
        `reload ${String(count + 1)}`,
      )
      await wait(200)
    }
    await load.stop()
    const refused = [...stage.refusals().values()].reduce((sum, one) => sum + one, 0)
    stage.expect(refused === 0, 'no refusal', `${String(refused)} posts were refused`)
    stage.note(`${String(reloads)} reloads`)
  },
}
