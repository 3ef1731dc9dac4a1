import { speak } from '@manifold/redis-server'
import { expectQuickRefusals, untilIntakeIsBack } from './intake.ts'
import type { Scenario } from './scenario.ts'

const KEY = '{manifold}'

export const clusterMasterLost: Scenario = {
  name: 'cluster-master-lost',
  title:
    'SIGKILL of the master that has the slot in a cluster, under load; its replica takes over, and it comes back as one',
  promise:
    'no false 202 where the replica is waited for; intake is back within 2 s of a replica; work goes on by itself',
  stage: {
    redisShape: { kind: 'cluster', replicas: 1 },
    environment: { MANIFOLD_REDIS_REPLICAS: '1' },
  },
  run: async (stage) => {
    const cluster = stage.servers.cluster()
    const load = stage.load({ eventsPerSecond: 150 })
    for (let kills = 0; kills < stage.size(1, 4); kills++) {
      const before = load.accepted()
      await stage.until('more load', () => load.accepted() >= before + stage.size(100, 300))
      const over = stage.disturbances.begin('SIGKILL of the master of the slot', 'duplicates')
      const was = await cluster.masterOf(KEY)
      await cluster.kill(was)
      const master = await cluster.failedOver(KEY, was)
      over()
      await cluster.restart(was)
      await stage.until('the former master to follow', async () =>
        String(await speak(master, 'INFO', 'replication')).includes('state=online'),
      )
      await untilIntakeIsBack(stage)
    }
    await load.stop()
    expectQuickRefusals(stage)
    stage.note(`${String(stage.size(1, 4))} times`)
  },
}
