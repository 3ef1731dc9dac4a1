import { makeDeadLetters } from './dead-letters.ts'
import type { Scenario } from './scenario.ts'

export const discardedWhileReplayed: Scenario = {
  name: 'discarded-while-replayed',
  title: 'Dead letters are discarded and replayed at the same moment',
  promise: 'one of the two is told that it came too late; record, queue and receiver agree which',
  run: async (stage) => {
    const ids = await makeDeadLetters(stage, stage.size(40, 300))
    const outcomes = await Promise.all(
      ids.map(async (id, index) => {
        // Neither has the better start.
        const [first, second] =
          index % 2 === 0
            ? [stage.operator.replay, stage.operator.discard]
            : [stage.operator.discard, stage.operator.replay]
        const statuses = await Promise.all([first(id), second(id)])
        const [replay, discard] = index % 2 === 0 ? statuses : statuses.toReversed()
        return { id, won: Number(replay === 202) + Number(discard === 204), replay, discard }
      }),
    )
    for (const { id, won, replay, discard } of outcomes)
      stage.expect(won === 1, 'one of the two', `${id}: replay ${String(replay)}, discard ${String(discard)}`)
    const replayed = outcomes.filter(({ replay }) => replay === 202).length
    stage.note(`${String(replayed)} replayed, ${String(ids.length - replayed)} discarded`)
  },
}
