/** Mishaps of operators. Whoever they ask may be struck meanwhile: they ask again until they are answered. */
import { setTimeout as wait } from 'node:timers/promises'
import type { DeadLetterSeen } from '../../oracle/snapshot.ts'
import { replayAndDiscard } from '../../scenarios/discarded-while-replayed.ts'
import { replayTwice } from '../../scenarios/replayed-twice.ts'
import type { ReplayProgress } from '../../stage/operator.ts'
import type { Stage } from '../../stage/stage.ts'
import { TARGETS } from '../../stage/targets.ts'
import { LASTS_MS, type Mishap } from '../mishap.ts'
import { wellOf } from './targets.ts'

/** Behind the longest freeze, and what a takeover may take. */
const LIMIT_MS = 90_000
const LETTERS = 10

/** Asks until it does not throw. */
async function untilDone<T>(stage: Stage, what: string, ask: () => Promise<T>): Promise<T> {
  let done: { readonly value: T } | undefined
  await stage.until(
    what,
    async () => {
      done = await ask().then(
        (value) => ({ value }),
        () => undefined,
      )
      return done !== undefined
    },
    LIMIT_MS,
  )
  if (done === undefined) throw new Error('waited for nothing')
  return done.value
}

/** A target refuses what the load brings until there are some dead letters of it. */
async function makeLetters(stage: Stage, target: string): Promise<readonly DeadLetterSeen[]> {
  const well = stage.disturbances.begin(`${target} refuses`, 'lateness', { target })
  let letters: readonly DeadLetterSeen[] = []
  try {
    await stage.receiver.behave(target, { kind: 'status', status: 422 })
    await stage.until(
      'dead letters',
      async () => {
        const all = await stage.operator.deadLetters().catch(() => [])
        letters = all.filter(({ id }) => id.endsWith(`-${target}`))
        return letters.length >= LETTERS
      },
      LIMIT_MS,
    )
  } finally {
    await stage.receiver.behave(target, wellOf(target))
    well()
  }
  return letters.slice(0, LETTERS)
}

async function replayByFilter(stage: Stage, target: string): Promise<void> {
  const path = await untilDone(stage, 'a replay to begin', () => stage.operator.replayAll({ target }))
  const progress = await untilDone(stage, 'the replay', async (): Promise<ReplayProgress> => {
    const now = await stage.operator.progress(path)
    if (now.status !== 'completed') throw new Error('not yet')
    return now
  })
  const { matched, replayed, failed } = progress
  stage.expect(
    matched === replayed + failed,
    'a replay counts what it meets',
    `${String(matched)} matched, ${String(replayed)} replayed, ${String(failed)} failed`,
  )
}

/** `undefined` when a part was struck before it could say whether it took it. */
async function reload(
  stage: Stage,
  targets: Parameters<Stage['configure']>[0],
): Promise<boolean | undefined> {
  const parts = [...stage.producers(), ...stage.workers()]
  return stage.configure(targets).catch((error: unknown) => {
    if (parts.every((part) => part.alive())) throw error
    return undefined
  })
}

export const MISHAPS_OF_OPERATORS: readonly Mishap[] = [
  {
    name: 'target paused',
    run: async ({ stage, random }) => {
      const target = random.pick(TARGETS)
      const resume = await untilDone(stage, 'a pause', () => stage.operator.pause(target))
      await wait(random.between(...LASTS_MS))
      await untilDone(stage, 'the end of a pause', resume)
    },
  },
  {
    name: 'replayed by filter',
    run: async ({ stage, random }) => {
      const target = random.pick(TARGETS)
      await makeLetters(stage, target)
      await replayByFilter(stage, target)
    },
  },
  {
    name: 'replayed by filter while the target is down',
    run: async ({ stage, random }) => {
      const target = random.pick(TARGETS)
      await makeLetters(stage, target)
      const well = stage.disturbances.begin(`${target} is down`, 'lateness', { target })
      try {
        await stage.receiver.behave(target, { kind: 'status', status: 503 })
        await replayByFilter(stage, target)
      } finally {
        await stage.receiver.behave(target, wellOf(target))
        well()
      }
    },
  },
  {
    name: 'replayed twice at once',
    run: async ({ stage, random }) => {
      const letters = await makeLetters(stage, random.pick(TARGETS))
      await Promise.all(letters.map(({ id }) => replayTwice(stage, id, 'rough')))
    },
  },
  {
    name: 'discarded while replayed',
    run: async ({ stage, random }) => {
      const letters = await makeLetters(stage, random.pick(TARGETS))
      await Promise.all(letters.map(({ id }, index) => replayAndDiscard(stage, id, index % 2 === 0, 'rough')))
    },
  },
  {
    name: 'config reloaded',
    run: ({ stage, turns }) =>
      turns(async () => {
        const broken = await reload(stage, 'broken')
        const good = await reload(stage, TARGETS)
        stage.expect(broken !== true, 'a broken config is not taken', 'it was')
        stage.expect(good !== false, 'a good config is taken', 'it was not')
      }),
  },
]
