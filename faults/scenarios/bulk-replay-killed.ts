import { expectAllReplayed, makeDeadLetters } from './dead-letters.ts'
import type { Scenario } from './scenario.ts'

export const bulkReplayKilled: Scenario = {
  name: 'bulk-replay-killed',
  title: 'SIGKILL of every producer in the middle of a bulk replay',
  promise: 'another one carries on; each dead letter is replayed and counted once',
  run: async (stage) => {
    const count = stage.size(100, 1_000)
    await makeDeadLetters(stage, count)
    const replay = await stage.operator.replayAll({ target: 'alpha', ratePerSecond: count / 4 })
    for (const share of [0.2, 0.5]) {
      await stage.until(
        'some to be replayed',
        async () => (await stage.operator.progress(replay)).replayed > count * share,
      )
      await Promise.all(stage.producers().map((producer) => producer.kill()))
      // What alpha has been sent since it is well again is what was replayed.
      const sent = stage.requests().filter(({ status }) => status === 200).length
      stage.expect(
        sent < count,
        'the replay is in the middle when its producers are killed',
        `${String(sent)} of ${String(count)} had been sent`,
      )
      await stage.addProducer()
    }
    await stage.until(
      'the replay',
      async () => (await stage.operator.progress(replay)).status === 'completed',
    )
    expectAllReplayed(stage, await stage.operator.progress(replay), count)
  },
}
