import { setTimeout as wait } from 'node:timers/promises'
import { speak } from '@manifold/redis-server'
import type { Stage } from '../stage/stage.ts'
import { untilIntakeIsBack } from './intake.ts'
import { errorsIn, refusals } from './redis-outage.ts'
import type { Scenario } from './scenario.ts'

/** Where no master is: what it has it keeps, and takes no writes. */
const NOBODY = ['127.0.0.1', '1'] as const

/**
 * Redis becomes a replica under the connections there are, which sentinels would end as they demote a master: each part has to
 * find out by itself, from a READONLY. @returns how long intake took to be back
 */
export async function demote(stage: Stage, forMs: number): Promise<number> {
  const { port } = stage.redis
  const count = async () => errorsIn(await speak(port, 'INFO', 'errorstats'), 'READONLY')
  const [met, refused] = [await count(), refusals(stage)]
  const over = stage.disturbances.begin('demotion of Redis', 'duplicates')
  try {
    await speak(port, 'REPLICAOF', ...NOBODY)
    await wait(forMs)
    stage.expect((await count()) > met, 'parts meet READONLY', 'nobody did')
    stage.expect(refusals(stage) > refused, 'callers are told meanwhile', 'no post was refused')
  } finally {
    await speak(port, 'REPLICAOF', 'NO', 'ONE')
    over()
  }
  return untilIntakeIsBack(stage)
}

export const redisDemoted: Scenario = {
  name: 'redis-demoted',
  title: 'Redis becomes a replica under the connections there are (READONLY), and a master again, under load',
  promise: 'no false 202; callers get 503 with Retry-After; intake is back within 2 s; nothing is lost',
  run: async (stage) => {
    const load = stage.load({ eventsPerSecond: 200 })
    const backMs: number[] = []
    for (let times = 0; times < stage.size(2, 6); times++) {
      const before = load.accepted()
      await stage.until('more load', () => load.accepted() >= before + stage.size(50, 500))
      backMs.push(await demote(stage, stage.size(2_000, 5_000)))
    }
    await load.stop()
    stage.note(`intake back after ${backMs.map((ms) => String(Math.round(ms))).join(', ')} ms`)
  },
}
