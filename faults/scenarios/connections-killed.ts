import { setTimeout as wait } from 'node:timers/promises'
import type { Stage } from '../stage/stage.ts'
import type { Scenario } from './scenario.ts'

/**
 * Kinds of connections that parts have to one Redis: those that ask, and those that wait for work in a blocking command. None
 * of theirs is subscribed to anything there; what is, is killed all the same.
 */
type Killed = { readonly all: number; readonly blocked: number; readonly subscribed: number }

/** CLIENT KILL of every connection. @returns how many there were of each kind */
export async function killConnections(stage: Stage): Promise<Killed> {
  const over = stage.disturbances.begin('CLIENT KILL', 'duplicates')
  try {
    const list = String(await stage.redis.command('CLIENT', 'LIST', 'TYPE', 'normal'))
    const blocked = [...list.matchAll(/ flags=\w*b/g)].length
    const all = Number(await stage.redis.command('CLIENT', 'KILL', 'TYPE', 'normal'))
    const subscribed = Number(await stage.redis.command('CLIENT', 'KILL', 'TYPE', 'pubsub'))
    stage.expect(all - blocked > 0, 'connections that ask are killed', `${String(all)} were, all blocked`)
    stage.expect(blocked > 0, 'blocked connections are killed', 'none was blocked')
    return { all, blocked, subscribed }
  } finally {
    over()
  }
}

export const connectionsKilled: Scenario = {
  name: 'connections-killed',
  title:
    'CLIENT KILL of every connection, those that wait in a blocking command too, again and again under load',
  promise: 'each finds its way back by itself; nothing is lost',
  run: async (stage) => {
    const load = stage.load({ eventsPerSecond: 200 })
    const rounds: Killed[] = []
    for (let kills = 0; kills < stage.size(3, 15); kills++) {
      const before = load.accepted()
      await stage.until('more load', () => load.accepted() >= before + 50)
      rounds.push(await killConnections(stage))
      await wait(300)
    }
    await load.stop()
    const counts = rounds.map(({ all, blocked }) => `${String(all)} (${String(blocked)} blocked)`)
    stage.note(`killed ${counts.join(', ')}`)
  },
}
