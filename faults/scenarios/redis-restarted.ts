import { expectQuickRefusals } from './intake.ts'
import { whileRedisIsGone } from './redis-outage.ts'
import type { Scenario } from './scenario.ts'

export const redisRestarted: Scenario = {
  name: 'redis-restarted',
  title: 'SIGTERM of Redis and start from its file, as in an upgrade, under load',
  promise: 'no false 202; callers get 503 with Retry-After; intake is back within 2 s',
  run: async (stage) => {
    const load = stage.load()
    const backMs: number[] = []
    for (let stops = 0; stops < stage.size(2, 6); stops++) {
      const before = load.accepted()
      await stage.until('more load', () => load.accepted() >= before + stage.size(100, 500))
      backMs.push(await whileRedisIsGone(stage, stage.redis.stop))
    }
    await load.stop()
    expectQuickRefusals(stage)
    stage.note(`intake back after ${backMs.map((ms) => String(Math.round(ms))).join(', ')} ms`)
  },
}
