import { setTimeout as wait } from 'node:timers/promises'
import { expectQuickRefusals, untilIntakeIsBack } from './intake.ts'
import type { Scenario } from './scenario.ts'

export const redisSilent: Scenario = {
  name: 'redis-silent',
  title: 'Black hole between all parts and Redis under load',
  promise: 'callers get 503 within 2 s; intake is back within 2 s of Redis; nothing is lost',
  run: async (stage) => {
    const forMs = stage.size(4_000, 20_000)
    const load = stage.load({ eventsPerSecond: 200 })
    await stage.until('load', () => load.accepted() > 200)
    const { producersToRedis, workersToRedis } = stage.links
    const over = await Promise.all(
      [producersToRedis, workersToRedis].map((link) => link.fail({ kind: 'black-hole' })),
    )
    await wait(forMs)
    await Promise.all(over.map((end) => end()))
    const backMs = await untilIntakeIsBack(stage)
    const before = load.accepted()
    await stage.until('load after it', () => load.accepted() > before + 200)
    await load.stop()
    expectQuickRefusals(stage)
    stage.note(`silent for ${String(forMs / 1_000)} s, intake back after ${String(Math.round(backMs))} ms`)
  },
}
