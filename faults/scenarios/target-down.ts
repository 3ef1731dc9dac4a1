import { readEventSeen } from '../oracle/read-api.ts'
import type { DeadLetterSeen } from '../oracle/snapshot.ts'
import type { Stage } from '../stage/stage.ts'
import { expectAllReplayed, replayToEnd } from './dead-letters.ts'
import type { Scenario } from './scenario.ts'

const MAX_AGE_MS = 5_000

/** A last attempt comes shortly before the end, and fails: what dies may be that much younger. */
const LEAST_AGE_MS = MAX_AGE_MS - Math.min(5_000, MAX_AGE_MS / 10)

/** Between Redis's clock and ours, in one process and another. */
const CLOCK_MS = 20

export const targetDown: Scenario = {
  name: 'target-down',
  title:
    'A target that is down for longer than maxAgeMs; a replay by filter while it is still down, and one when it is back',
  promise:
    'all of it becomes dead letters, `expired`, none too young, also those of the replay; none is lost; the last replay delivers each once; the others notice nothing',
  stage: {
    policy: {
      retry: { maxAttempts: 1_000, baseDelayMs: 100, maxDelayMs: 1_000, maxAgeMs: MAX_AGE_MS },
      breaker: { failureRate: 0.5, minimumAttempts: 20, windowMs: 2_000, openMs: 500 },
    },
  },
  run: async (stage) => {
    await stage.receiver.behave('alpha', { kind: 'status', status: 503 })
    const load = stage.load({ events: stage.size(100, 1_000), eventsPerSecond: 200 })
    await load.ended
    const count = load.accepted()
    const first = await allDead(stage, count, 1)
    for (const letter of first) {
      const event = await readEventSeen(stage.origin() ?? '', letter.id.replace(/-alpha$/, ''))
      expectOld(stage, letter, event?.acceptedAtMs ?? Infinity)
    }

    // It is still down: they die again, each in a life of its own, which began with the replay.
    const askedMs = Date.now()
    expectAllReplayed(stage, await replayToEnd(stage, { target: 'alpha' }), count)
    for (const letter of await allDead(stage, count, 2)) expectOld(stage, letter, askedMs)

    await stage.receiver.behave('alpha', { kind: 'status', status: 200 })
    expectAllReplayed(stage, await replayToEnd(stage, { target: 'alpha' }), count)
    await stage.until('no dead letters', async () => (await stage.operator.deadLetters()).length === 0)
    const others = stage.requests().filter(({ target }) => target !== 'alpha')
    stage.expect(
      others.length === 2 * count && others.every(({ status }) => status === 200),
      'the others notice nothing',
      `${String(others.length)} requests reached them for ${String(2 * count)} deliveries`,
    )
    stage.note(`${String(count)} died, were replayed in vain, died again, and were replayed`)
  },
}

/** Waits until so many letters are there, in that life. */
async function allDead(stage: Stage, count: number, generation: number): Promise<readonly DeadLetterSeen[]> {
  let letters: readonly DeadLetterSeen[] = []
  await stage.until(`all to be dead in life ${String(generation)}`, async () => {
    letters = (await stage.operator.deadLetters()).filter((letter) => letter.generation === generation)
    return letters.length === count
  })
  return letters
}

function expectOld(stage: Stage, { id, reason, diedAtMs }: DeadLetterSeen, bornMs: number): void {
  const ageMs = diedAtMs - bornMs
  stage.expect(reason === 'expired', 'they say why', `${id}: ${String(reason)}`)
  stage.expect(ageMs + CLOCK_MS >= LEAST_AGE_MS, 'none dies too young', `${id} died ${String(ageMs)} ms old`)
}
