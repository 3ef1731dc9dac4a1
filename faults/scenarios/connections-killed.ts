import { setTimeout as wait } from 'node:timers/promises'
import type { Scenario } from './scenario.ts'

export const connectionsKilled: Scenario = {
  name: 'connections-killed',
  title: 'CLIENT KILL of every connection, blocked and subscribed ones too, again and again under load',
  promise: 'each finds its way back by itself; nothing is lost',
  run: async (stage) => {
    const load = stage.load({ eventsPerSecond: 200 })
    for (let kills = 0; kills < stage.size(3, 15); kills++) {
      const before = load.accepted()
      await stage.until('more load', () => load.accepted() >= before + 50)
      const over = stage.disturbances.begin('CLIENT KILL', 'duplicates')
      for (const type of ['normal', 'pubsub']) await stage.redis.command('CLIENT', 'KILL', 'TYPE', type)
      over()
      await wait(300)
    }
    await load.stop()
    stage.note(`${String(stage.size(3, 15))} times`)
  },
}
