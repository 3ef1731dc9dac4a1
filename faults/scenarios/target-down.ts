import type { Scenario } from './scenario.ts'

export const targetDown: Scenario = {
  name: 'target-down',
  title: 'A target that is down for longer than maxAgeMs, then a replay by filter',
  promise:
    'all of it becomes dead letters for a reason, none is lost; the replay delivers each once; the others notice nothing',
  stage: {
    policy: {
      retry: { maxAttempts: 1_000, baseDelayMs: 100, maxDelayMs: 1_000, maxAgeMs: 5_000 },
      breaker: { failureRate: 0.5, minimumAttempts: 20, windowMs: 2_000, openMs: 500 },
    },
  },
  run: async (stage) => {
    await stage.receiver.behave('alpha', { kind: 'status', status: 503 })
    const load = stage.load({ events: stage.size(100, 1_000), eventsPerSecond: 200 })
    await load.ended
    const count = load.accepted()
    await stage.until('all to be dead', async () => (await stage.operator.deadLetters()).length === count)
    await stage.receiver.behave('alpha', { kind: 'status', status: 200 })
    const replay = await stage.operator.replayAll({ target: 'alpha' })
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
    await stage.until('no dead letters', async () => (await stage.operator.deadLetters()).length === 0)
    stage.note(`${String(count)} died and were replayed`)
  },
}
