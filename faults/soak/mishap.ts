/** A mishap: one fault of a soak. It ends what it began, so that any may follow any, and those of the other chain may overlap. */
import type { Random } from '../random.ts'
import type { Kind } from '../stage/crew.ts'
import type { Part } from '../stage/part.ts'
import type { Stage } from '../stage/stage.ts'
import type { SoakDoor } from './door.ts'
import type { Turns } from './turns.ts'

/** What a mishap has to do with. */
export type Ground = {
  readonly stage: Stage
  /** Of this mishap alone: what others draw meanwhile changes nothing of it. */
  readonly random: Random
  /** Somebody who is not spared. */
  readonly victim: (kind: Kind) => Part
  /** Starts another part, in its turn. */
  readonly replace: (kind: Kind) => Promise<void>
  /** A part that starts while the config is broken would not: the two take turns. */
  readonly turns: Turns
  readonly door: SoakDoor
  /** What is measured besides. */
  readonly onIntakeBack: (tookMs: number) => void
}

export type Mishap = {
  /** The kind: it is counted, and none may be missing in a long run. */
  readonly name: string
  readonly run: (ground: Ground) => Promise<void>
}

/** How long most of them last. */
export const LASTS_MS = [500, 4_000] as const
