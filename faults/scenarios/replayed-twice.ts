import { makeDeadLetters } from './dead-letters.ts'
import type { Scenario } from './scenario.ts'

export const replayedTwice: Scenario = {
  name: 'replayed-twice',
  title: 'Two operators replay the same dead letters at the same moment',
  promise: 'one of them is told that it came too late; each is delivered once',
  run: async (stage) => {
    const ids = await makeDeadLetters(stage, stage.size(40, 300))
    const rounds = await Promise.all(
      ids.map((id) => Promise.all([stage.operator.replay(id), stage.operator.replay(id)])),
    )
    for (const [index, statuses] of rounds.entries()) {
      const won = statuses.filter((status) => status === 202).length
      stage.expect(won === 1, 'one of the two', `${ids[index] ?? ''}: ${statuses.join(' and ')}`)
    }
  },
}
