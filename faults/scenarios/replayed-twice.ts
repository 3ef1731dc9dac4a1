import type { Stage } from '../stage/stage.ts'
import { makeDeadLetters } from './dead-letters.ts'
import type { Scenario } from './scenario.ts'
import type { Weather } from './weather.ts'

/** Two operators replay a dead letter at the same moment. */
export async function replayTwice(stage: Stage, id: string, weather: Weather): Promise<void> {
  const replay = () =>
    stage.operator.replay(id).catch((error: unknown) => {
      if (weather === 'calm') throw error
      return 503
    })
  const statuses = await Promise.all([replay(), replay()])
  const won = statuses.filter((status) => status === 202).length
  const isOne = won === 1 || (weather === 'rough' && won === 0)
  stage.expect(isOne, 'one of the two', `${id}: ${statuses.join(' and ')}`)
}

export const replayedTwice: Scenario = {
  name: 'replayed-twice',
  title: 'Two operators replay the same dead letters at the same moment',
  promise: 'one of them is told that it came too late; each is delivered once',
  run: async (stage) => {
    const ids = await makeDeadLetters(stage, stage.size(40, 300))
    await Promise.all(ids.map((id) => replayTwice(stage, id, 'calm')))
  },
}
