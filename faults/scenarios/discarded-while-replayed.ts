import type { Stage } from '../stage/stage.ts'
import { discardUntilAnswered, makeDeadLetters } from './dead-letters.ts'
import type { Scenario } from './scenario.ts'
import type { Weather } from './weather.ts'

/**
 * Two operators, of whom one replays a dead letter and the other discards it at the same moment.
 * @returns whether it was replayed. In rough weather the oracle alone can say which of the two came to pass
 */
export async function replayAndDiscard(
  stage: Stage,
  id: string,
  replayFirst: boolean,
  weather: Weather,
): Promise<boolean> {
  const replay = () =>
    stage.operator.replay(id).catch((error: unknown) => {
      if (weather === 'calm') throw error
      return 503
    })
  const discard = () => (weather === 'calm' ? stage.operator.discard(id) : discardUntilAnswered(stage, id))
  // Neither has the better start.
  const [first, second] = replayFirst ? [replay(), discard()] : [discard(), replay()]
  const [one, other] = await Promise.all([first, second])
  const [replayed, discarded] = replayFirst ? [one, other] : [other, one]
  const won = Number(replayed === 202) + Number(discarded === 204)
  stage.expect(
    won === 1 || weather === 'rough',
    'one of the two',
    `${id}: replay ${String(replayed)}, discard ${String(discarded)}`,
  )
  return replayed === 202
}

export const discardedWhileReplayed: Scenario = {
  name: 'discarded-while-replayed',
  title: 'Dead letters are discarded and replayed at the same moment',
  promise: 'one of the two is told that it came too late; record, queue and receiver agree which',
  run: async (stage) => {
    const ids = await makeDeadLetters(stage, stage.size(40, 300))
    const outcomes = await Promise.all(
      ids.map((id, index) => replayAndDiscard(stage, id, index % 2 === 0, 'calm')),
    )
    const replayed = outcomes.filter(Boolean).length
    stage.note(`${String(replayed)} replayed, ${String(ids.length - replayed)} discarded`)
  },
}
