import { setTimeout as wait } from 'node:timers/promises'
import type { Stage } from '../stage/stage.ts'
import { untilIntakeIsBack } from './intake.ts'
import { refusals } from './redis-outage.ts'
import type { Scenario } from './scenario.ts'

const ROOM_BYTES = 4_000_000
const REFUSED = 20

/** Redis has room for so much more, and no more for so long once callers are told. @returns how long intake took to be back */
export async function fillUp(stage: Stage, roomBytes: number, forMs: number): Promise<number> {
  const refused = refusals(stage)
  const used = /used_memory:(\d+)/.exec(String(await stage.redis.command('INFO', 'memory')))?.[1]
  const over = stage.disturbances.begin('maxmemory', 'lateness')
  try {
    await stage.redis.command('CONFIG', 'SET', 'maxmemory', String(Number(used) + roomBytes))
    await stage.until('refusals', () => refusals(stage) > refused + REFUSED)
    await wait(forMs)
  } finally {
    await stage.redis.command('CONFIG', 'SET', 'maxmemory', '0')
    over()
  }
  return untilIntakeIsBack(stage)
}

export const redisFull: Scenario = {
  name: 'redis-full',
  title: 'maxmemory is reached under load, and raised later',
  promise: 'callers get 503 with Retry-After; nothing accepted is lost; work goes on when there is room',
  run: async (stage) => {
    const load = stage.load({ fillBytes: 20_000 })
    await stage.until('load', () => load.accepted() > 50)
    const backMs = await fillUp(stage, ROOM_BYTES, stage.size(1_000, 10_000))
    await load.stop()
    stage.note(`intake back after ${String(Math.round(backMs))} ms`)
  },
}
