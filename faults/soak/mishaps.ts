/**
 * All mishaps of a soak, in two chains that go on side by side: what strikes Manifold and its Redis, and what others do to it.
 *
 * Within a chain one ends before the next begins; of different chains any may overlap.
 */
import { healParts, healTargets } from '../stage/heal.ts'
import type { Stage } from '../stage/stage.ts'
import type { Mishap } from './mishap.ts'
import { MISHAPS_OF_CALLERS } from './mishaps/callers.ts'
import { MISHAPS_OF_OPERATORS } from './mishaps/operators.ts'
import { MISHAPS_OF_PARTS } from './mishaps/parts.ts'
import { MISHAPS_OF_REDIS } from './mishaps/redis.ts'
import { MISHAPS_OF_TARGETS, wellOf } from './mishaps/targets.ts'

export type Chain = {
  readonly mishaps: readonly Mishap[]
  /** Sets right what one that broke off may have left, and nothing of the other chain. */
  readonly heal: (stage: Stage) => Promise<void>
}

export const CHAINS: readonly Chain[] = [
  { mishaps: [...MISHAPS_OF_PARTS, ...MISHAPS_OF_REDIS], heal: healParts },
  {
    mishaps: [...MISHAPS_OF_TARGETS, ...MISHAPS_OF_CALLERS, ...MISHAPS_OF_OPERATORS],
    heal: (stage) => healTargets(stage, wellOf),
  },
]

/** What every kind is called. */
export const KINDS: readonly string[] = CHAINS.flatMap(({ mishaps }) => mishaps.map(({ name }) => name))
