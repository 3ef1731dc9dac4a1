import { speak } from '@manifold/redis-server'
import type { Stage } from '../stage/stage.ts'
import { expectQuickRefusals, untilIntakeIsBack } from './intake.ts'
import { errorsIn } from './redis-outage.ts'
import type { Scenario } from './scenario.ts'

/** As many as there are: whichever is promoted has what was promised. */
const REPLICAS = 2

export const sentinelFailover: Scenario = {
  name: 'sentinel-failover',
  title:
    'Sentinels replace the master: killed, and by hand while it lives; each comes back as a replica, under load',
  promise:
    'no false 202 where replicas are waited for; intake is back within 2 s of them; nobody has to be helped',
  stage: {
    redisShape: { kind: 'replicated', replicas: REPLICAS },
    environment: { MANIFOLD_REDIS_REPLICAS: String(REPLICAS) },
  },
  run: async (stage) => {
    const redis = stage.servers.replicated()
    const load = stage.load({ eventsPerSecond: 150 })
    let readOnly = 0
    for (let times = 0; times < stage.size(1, 4); times++) {
      await moreLoad(stage, load.accepted)
      const killed = stage.disturbances.begin('SIGKILL of the master', 'duplicates')
      const was = await redis.killMaster()
      await redis.failedOver(was)
      killed()
      await redis.restart(was)
      await redis.followed(REPLICAS)
      await untilIntakeIsBack(stage)

      await moreLoad(stage, load.accepted)
      const asked = stage.disturbances.begin('SENTINEL FAILOVER', 'duplicates')
      const before = await redis.masterPort()
      await redis.failOver()
      await redis.failedOver(before)
      asked()
      readOnly += errorsIn(await speak(before, 'INFO', 'errorstats'), 'READONLY')
      await redis.followed(REPLICAS)
      await untilIntakeIsBack(stage)
    }
    await moreLoad(stage, load.accepted)
    await load.stop()
    expectQuickRefusals(stage)
    stage.note(`${String(stage.size(1, 4))} times each, READONLY answered ${String(readOnly)} times`)
  },
}

async function moreLoad(stage: Stage, accepted: () => number): Promise<void> {
  const before = accepted()
  await stage.until('more load', () => accepted() >= before + stage.size(100, 300))
}
