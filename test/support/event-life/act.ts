/** An act: something that happens to events, to be done to the store and to the life; and the choice that becomes one. */
import type { Store } from '@manifold/store'
import type { Life } from './life.ts'

export type Act = {
  readonly label: string
  /** Both give the answer in words; the life may need to be told a time that only Redis knows. */
  readonly run: (store: Store, life: Life) => Promise<{ readonly real: string; readonly meant: string }>
}

/** A store and what was done to it. */
export type Stage = {
  readonly store: Store
  readonly acts: Act[]
  /** What was decided for each claim. */
  readonly settled: Map<string, unknown>
  /** The feed's latest entry that was compared. */
  newest: string
}

/** Says by ranks what is to be done; what that is shows when it is its turn. `undefined`: nothing that makes sense now. */
export type Choice = {
  readonly label: string
  readonly actOn: (life: Life, stage: Stage) => Act | undefined
}
