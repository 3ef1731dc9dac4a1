import { speak } from '@manifold/redis-server'
import type { Stage } from '../stage/stage.ts'
import { expectQuickRefusals, untilIntakeIsBack } from './intake.ts'
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
      await expectReadOnly(stage, before)
      await redis.followed(REPLICAS)
      await untilIntakeIsBack(stage)
    }
    await moreLoad(stage, load.accepted)
    await load.stop()
    expectQuickRefusals(stage)
    stage.note(`${String(stage.size(1, 4))} times each`)
  },
}

async function moreLoad(stage: Stage, accepted: () => number): Promise<void> {
  const before = accepted()
  await stage.until('more load', () => accepted() >= before + stage.size(100, 300))
}

/**
 * Who was the master takes no writes any more. Parts hardly ever hear of it, as sentinels end the connections of a master they
 * demote: redis-demoted is about those that stay.
 */
async function expectReadOnly(stage: Stage, port: number): Promise<void> {
  await stage.until('the former master to take no writes', async () => {
    const refusal = await speak(port, 'SET', '{manifold}:probe', '1', 'PX', '1').then(
      () => '',
      (error: unknown) => String(error),
    )
    return refusal.includes('READONLY')
  })
}
