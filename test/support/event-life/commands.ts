/**
 * Commands: what may happen to events, in any order. Each is done to the store and to the life, whose answers and states
 * must then be the same.
 *
 * A command says what is to be done by ranks ("the claim before the latest one"); only when it runs it becomes an act. Acts
 * are kept, and may be done again later: as a call whose reply was lost, or one that arrives late.
 */
import { isDeepStrictEqual } from 'node:util'
import fc, { type AsyncCommand } from 'fast-check'
import { keys, type Store } from '@manifold/store'
import { accepting } from './accepting.ts'
import type { Choice, Stage } from './act.ts'
import { claiming, releasing } from './claiming.ts'
import { cancelling, discarding, reopening, REPLAY_ID } from './ending.ts'
import { newLife, type Life } from './life.ts'
import { observe } from './observe.ts'
import { TARGETS } from './picks.ts'
import { projectLife } from './project.ts'
import { settling } from './settling.ts'
import { confirming, forgetting } from './tidying.ts'

class ActCommand implements AsyncCommand<Life, Stage, true> {
  readonly #choice: Choice
  #done = 'not run'

  constructor(choice: Choice) {
    this.#choice = choice
  }

  check(): Promise<boolean> {
    return Promise.resolve(true)
  }

  async run(life: Life, stage: Stage): Promise<void> {
    // Without any event there is nothing to learn.
    if (life.events.size === 0 && !this.#choice.label.startsWith('accept')) return
    const act = this.#choice.actOn(life, stage)
    if (act === undefined) return
    stage.acts.push(act)
    life.told = []
    const { real, meant } = await act.run(stage.store, life)
    this.#done = `${act.label} → ${real}`
    if (real !== meant) throw new Error(`${act.label} answered "${real}" instead of "${meant}"`)
    const { sight, newest } = await observe(stage.store.redis, TARGETS, REPLAY_ID, stage.newest)
    stage.newest = newest
    const expected = projectLife(life, TARGETS)
    if (!isDeepStrictEqual(sight, expected))
      throw new Error(`${act.label} left ${difference(sight, expected)}`)
  }

  toString(): string {
    return this.#done === 'not run' ? this.#choice.label : this.#done
  }
}

/** Does an act of before once more: the latest, or one of long ago. */
const again: fc.Arbitrary<Choice> = fc.nat({ max: 5 }).map((back) => ({
  label: `again ${String(back)}`,
  actOn: (_life, { acts }) => acts.at(-1 - back),
}))

/** The more often one is named, the more often it happens. */
const EVERYTHING = [
  accepting,
  accepting,
  claiming,
  claiming,
  claiming,
  settling,
  settling,
  settling,
  releasing,
  reopening,
  discarding,
  cancelling,
  confirming,
  forgetting,
]

/** On average half as many are in a sequence. */
const MOST_COMMANDS = 100

/**
 * Lives through random sequences.
 * @param seed tells the sequences apart; the same again gives the same
 * @throws with the shortest sequence it could find after which the store is not what was meant, its seed and its path
 */
export async function liveThrough(store: Store, seed: number, runs: number): Promise<void> {
  const choices = [...EVERYTHING, again, again]
  const commands = fc.commands(
    choices.map((arbitrary) => arbitrary.map((choice) => new ActCommand(choice))),
    { maxCommands: MOST_COMMANDS, size: 'max' },
  )
  const property = fc.asyncProperty(commands, async (sequence) => {
    const stage = await newStage(store)
    await fc.asyncModelRun(() => ({ model: newLife(), real: stage }), sequence)
  })
  await fc.assert(property, { seed, numRuns: runs })
}

function difference(
  real: Readonly<Record<string, unknown>>,
  meant: Readonly<Record<string, unknown>>,
): string {
  const lines = [...new Set([...Object.keys(real), ...Object.keys(meant)])]
    .filter((name) => !isDeepStrictEqual(real[name], meant[name]))
    .map((name) => `${name}\n  is    ${JSON.stringify(real[name])}\n  meant ${JSON.stringify(meant[name])}`)
  return `what was not meant:\n${lines.join('\n')}`
}

/** An empty store. */
async function newStage(store: Store): Promise<Stage> {
  await store.redis.flushall()
  await store.redis.hset(keys.replay(REPLAY_ID), 'replayed', 0)
  return { store, acts: [], settled: new Map(), newest: '0-0' }
}
