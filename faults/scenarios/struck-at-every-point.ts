/**
 * Three scenarios of one kind: under a load in which everything happens, a part that is armed joins, is struck at its point,
 * and is replaced by the next one, which is armed for the next point.
 *
 * A point that is never reached is a finding: it would prove nothing.
 */
import { seeded, shuffled } from '../random.ts'
import type { Stage } from '../stage/stage.ts'
import { liveBusily } from './busy-life.ts'
import { POINTS, type Point } from './points.ts'
import type { Scenario } from './scenario.ts'
import { labelOf, strikeAt, type How } from './strike-at.ts'

/** How many are struck in a quick run. */
const QUICK = 12
/** Struck, and not over yet: more would leave the machine no memory for the others. */
const AT_ONCE = 6

/** The others' janitor looks once a day: the lease is for those that are armed. */
const STAGE: Scenario['stage'] = {
  producers: 1,
  workers: 1,
  environment: { MANIFOLD_JANITOR_MS: '86400000' },
}

export const killedAtEveryPoint: Scenario = {
  name: 'killed-at-every-point',
  title: 'SIGKILL at every failpoint of producers, workers and the relay, one after the other, under load',
  promise: 'whatever was cut in two is made good: nothing lost, nothing stuck; twice only what was in flight',
  stage: STAGE,
  run: (stage) => strikeAll(stage, 'kill'),
}

export const stoppedAtEveryPoint: Scenario = {
  name: 'stopped-at-every-point',
  title: 'SIGTERM at every failpoint of producers, workers and the relay, one after the other, under load',
  promise: 'each drains and ends with 0; what it had not done is done by others',
  stage: STAGE,
  run: (stage) => strikeAll(stage, 'term'),
}

export const frozenAtEveryPoint: Scenario = {
  name: 'frozen-at-every-point',
  title: 'SIGSTOP at every failpoint for longer than any lock, then SIGCONT, several at a time, under load',
  promise: 'others take over; what goes on where it stood changes nothing that was settled since',
  stage: STAGE,
  run: (stage) => strikeAll(stage, 'stop'),
}

async function strikeAll(stage: Stage, how: How): Promise<void> {
  const random = seeded(stage.seed)
  // A second SIGTERM ends a process at once: by design, and another scenario.
  const all = shuffled(POINTS, random).filter(({ whileStopping }) => how !== 'term' || whileStopping !== true)
  const points = all.slice(0, stage.size(QUICK, all.length))
  const life = await liveBusily(stage)
  const going = new Set<Promise<void>>()
  const lanes = [points.filter(isGuarded), points.filter((point) => !isGuarded(point))].map(async (own) => {
    for (const point of own) {
      while (going.size >= AT_ONCE) await Promise.race(going)
      const { over } = await strikeAt(stage, how, point, random)
      const gone = over.finally(() => going.delete(gone))
      going.add(gone)
    }
  })
  await Promise.all(lanes)
  await Promise.all(going)
  await life.stop()
  stage.note(`struck at ${points.map(labelOf).join(', ')}`)
}

function isGuarded({ lease, kind }: Point): boolean {
  return lease !== undefined || kind === 'producer'
}
