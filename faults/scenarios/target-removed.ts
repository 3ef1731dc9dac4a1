import { setTimeout as wait } from 'node:timers/promises'
import { POLICY } from '../oracle/policy.ts'
import { TARGETS } from '../stage/targets.ts'
import type { Scenario } from './scenario.ts'

const GRACE_MS = 3_000
const OTHERS = TARGETS.filter((target) => target !== 'alpha')

export const targetRemoved: Scenario = {
  name: 'target-removed',
  title:
    'A target is taken out of the config under load and put back in time, then taken out for good, and put back after all',
  promise:
    'back in time, everything is delivered, once; else it is all dead for `unknown-target` after the grace period, none of it before, and can be replayed when the target is back',
  stage: {
    environment: { MANIFOLD_REMOVED_TARGET_GRACE_MS: String(GRACE_MS), MANIFOLD_JANITOR_MS: '200' },
    policy: { retry: { ...POLICY.retry, maxAttempts: 1_000 } },
  },
  run: async (stage) => {
    const others = stage.load({ eventsPerSecond: 50, targets: OTHERS })
    const size = stage.size(60, 500)
    const ofAlpha = () => stage.requests().filter(({ target }) => target === 'alpha').length

    await stage.receiver.behave('alpha', { kind: 'status', status: 503 })
    await stage.load({ events: size, targets: TARGETS }).ended
    await stage.configure(OTHERS)
    await stage.receiver.behave('alpha', { kind: 'status', status: 200 })
    const before = ofAlpha()
    await wait(GRACE_MS / 2)
    stage.expect(
      ofAlpha() === before,
      'nothing reaches it while it is removed',
      `${String(ofAlpha() - before)} came`,
    )
    await stage.configure(TARGETS)
    await stage.until('what waited', () => taken() >= size)

    await stage.receiver.behave('alpha', { kind: 'status', status: 503 })
    await stage.load({ events: size, targets: TARGETS }).ended
    const removedMs = Date.now()
    await stage.configure(OTHERS)
    await stage.until('all to be dead', async () => (await stage.operator.deadLetters()).length === size)
    const letters = await stage.operator.deadLetters()
    const first = Math.min(...letters.map(({ diedAtMs }) => diedAtMs))
    stage.expect(
      first - removedMs >= GRACE_MS,
      'none dies within the grace period',
      `the first died ${String(first - removedMs)} ms after the removal`,
    )
    const reasons = new Set(letters.map(({ reason }) => reason))
    stage.expect([...reasons].join() === 'unknown-target', 'they say why', [...reasons].join())
    const refused = await stage.operator.replay(letters[0]?.id ?? '')
    stage.expect(refused === 404, 'no replay to a target that is not there', `answered ${String(refused)}`)

    await stage.receiver.behave('alpha', { kind: 'status', status: 200 })
    await stage.configure(TARGETS)
    const replay = await stage.operator.replayAll({ target: 'alpha' })
    await stage.until(
      'the replay',
      async () => (await stage.operator.progress(replay)).status === 'completed',
    )
    await others.stop()
    await stage.until('no dead letters', async () => (await stage.operator.deadLetters()).length === 0)
    stage.note(`${String(size)} waited, ${String(size)} died and were replayed`)

    function taken(): number {
      return stage.requests().filter(({ target, status }) => target === 'alpha' && status === 200).length
    }
  },
}
