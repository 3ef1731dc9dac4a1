import type { Scenario } from './scenario.ts'

export const redisSlow: Scenario = {
  name: 'redis-slow',
  title: 'DEBUG SLEEP: Redis stands still for 3 s, longer than any lock, under load',
  promise: 'callers get 503 instead of a false 202; nothing is lost',
  stage: { redisSettings: [['enable-debug-command', 'local']] },
  run: async (stage) => {
    const load = stage.load({ eventsPerSecond: 200 })
    for (let sleeps = 0; sleeps < stage.size(1, 4); sleeps++) {
      const before = load.accepted()
      await stage.until('more load', () => load.accepted() >= before + 200)
      const over = stage.disturbances.begin('DEBUG SLEEP', 'duplicates')
      await stage.redis.command('DEBUG', 'SLEEP', '3')
      over()
    }
    const before = load.accepted()
    await stage.until('load after it', () => load.accepted() >= before + 200)
    await load.stop()
  },
}
