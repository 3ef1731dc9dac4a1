/** A scenario: one fault, what is promised of it, and how it is brought about. */
import type { Stage, StageOptions } from '../stage/stage.ts'

export type Scenario = {
  /** On the command line. */
  readonly name: string
  readonly title: string
  readonly promise: string
  /** Why it cannot be run on this machine; `undefined` when it can. Asked before anything is started. */
  readonly missing?: () => string | undefined
  readonly stage?: Omit<StageOptions, 'folder' | 'quick' | 'seed'>
  /** Brings it about. The oracle judges when it is over and the system at rest; what else is promised, it judges itself. */
  readonly run: (stage: Stage) => Promise<void>
}
