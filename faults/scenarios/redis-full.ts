import { setTimeout as wait } from 'node:timers/promises'
import { untilIntakeIsBack } from './intake.ts'
import type { Scenario } from './scenario.ts'

const ROOM_BYTES = 4_000_000

export const redisFull: Scenario = {
  name: 'redis-full',
  title: 'maxmemory is reached under load, and raised later',
  promise: 'callers get 503 with Retry-After; nothing accepted is lost; work goes on when there is room',
  run: async (stage) => {
    const load = stage.load({ fillBytes: 20_000 })
    await stage.until('load', () => load.accepted() > 50)
    const used = /used_memory:(\d+)/.exec(String(await stage.redis.command('INFO', 'memory')))?.[1]
    const over = stage.disturbances.begin('maxmemory', 'lateness')
    await stage.redis.command('CONFIG', 'SET', 'maxmemory', String(Number(used) + ROOM_BYTES))
    await stage.until('refusals', () => (stage.refusals().get(503) ?? 0) > 20)
    await wait(stage.size(1_000, 10_000))
    await stage.redis.command('CONFIG', 'SET', 'maxmemory', '0')
    over()
    const backMs = await untilIntakeIsBack(stage)
    await load.stop()
    stage.note(`intake back after ${String(Math.round(backMs))} ms`)
  },
}
