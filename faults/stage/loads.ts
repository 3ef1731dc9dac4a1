/** The loads of a run: none outlives it, however it ends. */
import type { Scope } from '../../bench/stage/scope.ts'
import type { Load } from './load.ts'

export type Loads = {
  readonly keep: (load: Load) => Load
  /** Ends those that have not ended; resolves when every event that was begun is answered for. */
  readonly end: () => Promise<void>
}

/** None yet; those that are kept end with the scope. */
export function keepLoads(scope: Scope): Loads {
  const kept = new Set<Load>()
  const end = async () => {
    await Promise.all([...kept].map((load) => load.stop()))
  }
  scope.defer(end)
  return {
    keep: (load) => {
      kept.add(load)
      void load.ended.finally(() => kept.delete(load))
      return load
    },
    end,
  }
}
