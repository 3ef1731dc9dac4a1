import { makeDeadLetters } from './dead-letters.ts'
import type { Scenario } from './scenario.ts'

/** How many people discard, each one letter after the other. */
const HANDS = 8

export const discardedInBulk: Scenario = {
  name: 'discarded-in-bulk',
  title: 'A replay by filter while many people discard the same dead letters, from the other end of the list',
  promise:
    'each is either replayed or discarded; the replay, the answers, record, queue and receiver agree which',
  run: async (stage) => {
    const count = stage.size(200, 2_000)
    await makeDeadLetters(stage, count)
    const letters = await stage.operator.deadLetters()
    const replay = await stage.operator.replayAll({ target: 'alpha', ratePerSecond: count / 2 })
    // The replay begins with the oldest.
    const left = letters.toSorted((a, b) => a.diedAtMs - b.diedAtMs).map(({ id }) => id)
    const statuses: number[] = []
    const discardOn = async () => {
      for (let id = left.pop(); id !== undefined; id = left.pop())
        statuses.push(await stage.operator.discard(id))
    }
    await Promise.all(Array.from({ length: HANDS }, discardOn))
    await stage.until(
      'the replay',
      async () => (await stage.operator.progress(replay)).status === 'completed',
    )
    const { matched, replayed, failed } = await stage.operator.progress(replay)
    const discarded = statuses.filter((status) => status === 204).length
    const others = new Set(statuses.filter((status) => status !== 204))
    stage.expect(
      discarded > 0 && replayed > 0,
      'both are under way at once',
      `${String(discarded)} discarded, ${String(replayed)} replayed`,
    )
    stage.expect(
      discarded + replayed === count,
      'each is either replayed or discarded',
      `${String(discarded)} discarded, ${String(replayed)} replayed of ${String(count)}`,
    )
    // It counts first, and comes to them later: what is discarded in between it does not meet.
    stage.expect(
      replayed + failed <= matched && matched <= count,
      'the replay counts none twice',
      `${String(matched)} matched, ${String(replayed)} replayed, ${String(failed)} failed of ${String(count)}`,
    )
    stage.expect(
      [...others].every((status) => status === 404 || status === 409),
      'who comes too late is told',
      [...others].join(),
    )
    stage.note(`${String(replayed)} replayed, ${String(discarded)} discarded`)
  },
}
