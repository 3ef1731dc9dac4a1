import { expectQuickRefusals, untilIntakeIsBack } from './intake.ts'
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
      const refused = stage.refusals().get(503) ?? 0
      await stage.redis.kill()
      await stage.until('refusals', () => (stage.refusals().get(503) ?? 0) > refused + 5)
      await stage.redis.start()
      backMs.push(await untilIntakeIsBack(stage))
    }
    await load.stop()
    expectQuickRefusals(stage)
    stage.note(`intake back after ${backMs.map((ms) => String(Math.round(ms))).join(', ')} ms`)
  },
}
