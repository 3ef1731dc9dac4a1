import { makeDeadLetters } from './dead-letters.ts'
import type { Scenario } from './scenario.ts'

export const bulkReplayKilled: Scenario = {
  name: 'bulk-replay-killed',
  title: 'SIGKILL of every producer in the middle of a bulk replay',
  promise: 'another one carries on; each dead letter is replayed and counted once',
  run: async (stage) => {
    const count = stage.size(100, 1_000)
    await makeDeadLetters(stage, count)
    const replay = await stage.operator.replayAll({ target: 'alpha', ratePerSecond: count / 2 })
    for (const share of [0.2, 0.5]) {
      await stage.until(
        'some to be replayed',
        async () => (await stage.operator.progress(replay)).replayed > count * share,
      )
      await Promise.all(stage.producers().map((producer) => producer.kill()))
      await stage.addProducer()
    }
    await stage.until(
      'the replay',
      async () => (await stage.operator.progress(replay)).status === 'completed',
    )
    const { matched, replayed, failed } = await stage.operator.progress(replay)
    stage.expect(
      matched === count && replayed === count && failed === 0,
      'the replay counts each once',
      `${String(matched)} matched, ${String(replayed)} replayed, ${String(failed)} failed of ${String(count)}`,
    )
  },
}
