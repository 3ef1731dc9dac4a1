import { expectQuickRefusals, untilIntakeIsBack } from './intake.ts'
import type { Scenario } from './scenario.ts'

const KEY = '{manifold}'

export const clusterSlotMoved: Scenario = {
  name: 'cluster-slot-moved',
  title:
    "Manifold's slot is moved to another master of the cluster, key by key, under load (ASK, MOVED, TRYAGAIN)",
  promise: 'callers get 503 while keys travel; intake is back within 2 s; nothing is lost',
  stage: { redisShape: { kind: 'cluster', replicas: 0 } },
  run: async (stage) => {
    const cluster = stage.servers.cluster()
    const load = stage.load({ eventsPerSecond: 150 })
    const moves: string[] = []
    for (let count = 0; count < stage.size(2, 8); count++) {
      const before = load.accepted()
      await stage.until('more load', () => load.accepted() >= before + stage.size(150, 500))
      const from = await cluster.masterOf(KEY)
      const to = (await cluster.masters()).find((port) => port !== from) ?? 0
      const over = stage.disturbances.begin('the slot travels', 'duplicates')
      const startedMs = performance.now()
      const keys = await cluster.moveSlot(KEY, to)
      over()
      stage.expect(keys > 0, 'keys travel', 'the slot was empty')
      moves.push(`${String(keys)} keys in ${String(Math.round(performance.now() - startedMs))} ms`)
      await untilIntakeIsBack(stage)
    }
    await load.stop()
    expectQuickRefusals(stage)
    stage.note(moves.join(', '))
  },
}
