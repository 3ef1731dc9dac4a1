import { expectQuickRefusals } from './intake.ts'
import { whileRedisIsGone } from './redis-outage.ts'
import type { Scenario } from './scenario.ts'

export const redisKilled: Scenario = {
  name: 'redis-killed',
  title: 'SIGKILL of Redis and restart from its file, under load',
  promise: 'no false 202; callers get 503 with Retry-After; intake is back within 2 s',
  run: async (stage) => {
    const load = stage.load()
    const backMs: number[] = []
    for (let kills = 0; kills < stage.size(1, 4); kills++) {
      const before = load.accepted()
      await stage.until('more load', () => load.accepted() >= before + stage.size(100, 500))
      backMs.push(await whileRedisIsGone(stage, stage.redis.kill))
    }
    await load.stop()
    expectQuickRefusals(stage)
    stage.note(`intake back after ${backMs.map((ms) => String(Math.round(ms))).join(', ')} ms`)
  },
}
