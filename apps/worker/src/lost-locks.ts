/**
 * Tells of jobs whose locks were lost: when Redis comes back, or another takes its place, all that were under way may be
 * found out at once. Owns that this is a line with their count, and not a line each.
 */
import type { Logger } from '@manifold/runtime'

export type LostLocks = {
  readonly lost: (entry: string) => void
  /** Tells at once what is not told yet. */
  readonly flush: () => void
}

const EVERY_MS = 1_000

/** @param everyMs for how long they are counted, from the first one on */
export function tellOfLostLocks(logger: Logger, target: string, everyMs = EVERY_MS): LostLocks {
  let entry: string | undefined
  let count = 0
  let timer: NodeJS.Timeout | undefined
  const flush = () => {
    clearTimeout(timer)
    if (count === 0) return
    logger.warn(
      { target, entry, count },
      'the lock of a job was lost while it was worked on: somebody else ends it, and what was settled stands',
    )
    count = 0
  }
  return {
    lost: (one) => {
      count++
      if (count > 1) return
      entry = one
      timer = setTimeout(flush, everyMs).unref()
    },
    flush,
  }
}
