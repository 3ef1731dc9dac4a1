/** Mishaps of producers and workers. */
import { setTimeout as wait } from 'node:timers/promises'
import { POINTS } from '../../scenarios/points.ts'
import { strikeAt, type How } from '../../scenarios/strike-at.ts'
import { stopInTime } from '../../scenarios/worker-stopped.ts'
import type { Kind } from '../../stage/crew.ts'
import type { Mishap } from '../mishap.ts'

/** Longer than any lock, now and then. */
const LONG_MS = 30_000
const LONG_SHARE = 0.25
const FROZEN_MS = [1_000, 10_000] as const

/** So long callers are sent to a producer that does not answer, until it is left out as a load balancer would. */
const NOTICED_MS = 1_000

/** Those that are passed under any load; what only an operator's work passes is struck in scenarios. */
const POINTS_OF_LOAD = POINTS.filter(
  ({ often, whileStarting, name }) =>
    often === true || whileStarting === true || name.endsWith(':overdue-outbox'),
)

const killed = (kind: Kind): Mishap => ({
  name: `${kind} killed`,
  run: async ({ victim, replace }) => {
    await victim(kind).kill()
    await replace(kind)
  },
})

const stopped = (kind: Kind): Mishap => ({
  name: `${kind} stopped and started`,
  run: async ({ stage, victim, replace }) => {
    await stopInTime(stage, victim(kind))
    await replace(kind)
  },
})

const frozen = (kind: Kind): Mishap => ({
  name: `${kind} frozen`,
  run: async ({ stage, random }) => {
    const part = random.pick(kind === 'worker' ? stage.workers() : stage.producers())
    const forMs = random.next() < LONG_SHARE ? LONG_MS : random.between(...FROZEN_MS)
    const thaw = part.freeze()
    let takeIn: () => void = () => undefined
    try {
      await wait(NOTICED_MS)
      takeIn = stage.leaveOut(part)
      await wait(forMs - NOTICED_MS)
    } finally {
      thaw()
      takeIn()
    }
  },
})

const struck = (how: How, name: string): Mishap => ({
  name,
  run: async ({ stage, random, turns }) => {
    const point = random.pick(POINTS_OF_LOAD)
    const { over } = await turns(() => strikeAt(stage, how, point, random))
    await over
  },
})

export const MISHAPS_OF_PARTS: readonly Mishap[] = [
  killed('worker'),
  killed('producer'),
  stopped('worker'),
  stopped('producer'),
  frozen('worker'),
  frozen('producer'),
  struck('kill', 'killed at a point'),
  struck('term', 'stopped at a point'),
  struck('stop', 'frozen at a point'),
]
