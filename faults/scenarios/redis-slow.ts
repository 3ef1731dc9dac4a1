import type { Stage } from '../stage/stage.ts'
import { refusals } from './redis-outage.ts'
import type { Scenario } from './scenario.ts'

const SLEEP_S = '3'

/** What a Redis needs that can be put to sleep. */
export const SLEEPY = [['enable-debug-command', 'local']] as const

/** Redis stands still, and callers are told. */
export async function putToSleep(stage: Stage): Promise<void> {
  const refused = refusals(stage)
  const over = stage.disturbances.begin('DEBUG SLEEP', 'duplicates')
  try {
    await stage.redis.command('DEBUG', 'SLEEP', SLEEP_S)
  } finally {
    over()
  }
  stage.expect(refusals(stage) > refused, 'callers are told while it stands still', 'no post was refused')
}

export const redisSlow: Scenario = {
  name: 'redis-slow',
  title: 'DEBUG SLEEP: Redis stands still for 3 s, longer than any lock, under load',
  promise: 'callers get 503 instead of a false 202; nothing is lost',
  stage: { redisSettings: SLEEPY },
  run: async (stage) => {
    const load = stage.load({ eventsPerSecond: 200 })
    for (let sleeps = 0; sleeps < stage.size(1, 4); sleeps++) {
      const before = load.accepted()
      await stage.until('more load', () => load.accepted() >= before + 200)
      await putToSleep(stage)
    }
    const before = load.accepted()
    await stage.until('load after it', () => load.accepted() >= before + 200)
    await load.stop()
  },
}
