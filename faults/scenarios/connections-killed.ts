import { setTimeout as wait } from 'node:timers/promises'
import type { Stage } from '../stage/stage.ts'
import type { Scenario } from './scenario.ts'

/**
 * Kinds of connections that parts have to one Redis: those that ask, and those of workers that do nothing but wait for work, in a
 * blocking command where there is none. None is subscribed to anything there; what is, is killed all the same.
 */
type Connections = { readonly all: number; readonly waiting: number; readonly blocked: number }

async function countConnections(stage: Stage): Promise<Connections> {
  const list = String(await stage.redis.command('CLIENT', 'LIST', 'TYPE', 'normal')).split('\n')
  const blocked = list.filter((line) => / flags=\w*b/.test(line)).length
  const waiting = list.filter((line) => line.includes(' cmd=bzpopmin')).length
  return { all: list.filter((line) => line !== '').length, waiting, blocked }
}

/** CLIENT KILL of every connection. @returns how many there were of each kind */
export async function killConnections(stage: Stage): Promise<Connections> {
  const over = stage.disturbances.begin('CLIENT KILL', 'duplicates')
  try {
    const { waiting, blocked } = await countConnections(stage)
    const all = Number(await stage.redis.command('CLIENT', 'KILL', 'TYPE', 'normal'))
    await stage.redis.command('CLIENT', 'KILL', 'TYPE', 'pubsub')
    stage.expect(all > waiting, 'connections that ask are killed', `of ${String(all)} all wait`)
    stage.expect(waiting > 0, 'connections that wait are killed', `of ${String(all)} none waits`)
    return { all, waiting, blocked }
  } finally {
    over()
  }
}

export const connectionsKilled: Scenario = {
  name: 'connections-killed',
  title:
    'CLIENT KILL of every connection, again and again under load, and once at rest, when those that wait for work are blocked',
  promise: 'each finds its way back by itself; nothing is lost',
  run: async (stage) => {
    const load = stage.load({ eventsPerSecond: 200 })
    const rounds: Connections[] = []
    for (let kills = 0; kills < stage.size(3, 15); kills++) {
      const before = load.accepted()
      await stage.until('more load', () => load.accepted() >= before + 50)
      rounds.push(await killConnections(stage))
      await wait(300)
    }
    await load.stop()
    await stage.until('blocked connections', async () => (await countConnections(stage)).blocked > 0)
    const atRest = await killConnections(stage)
    stage.expect(atRest.blocked > 0, 'blocked connections are killed', 'none was blocked')
    await stage.load({ events: 50 }).ended
    const counts = [...rounds, atRest].map(
      ({ all, waiting }) => `${String(all)} (${String(waiting)} waiting)`,
    )
    stage.note(`killed ${counts.join(', ')}, at rest ${String(atRest.blocked)} of them blocked`)
  },
}
