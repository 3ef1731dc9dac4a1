/**
 * Slots: how many deliveries of a target this process may work on at once. They count deliveries, not jobs, of which one
 * may carry several.
 *
 * First come, first served: a job that waits for slots gets them before a new job is taken. What comes back in one turn
 * of the event loop is given out together, so that deliveries which were settled together make room for a group that is
 * claimed together.
 */

export type Slots = {
  /** Resolves with at least one slot, and with as many as are free up to `wanted`. */
  readonly take: (wanted: number) => Promise<number>
  /** As many as are free now, up to `wanted`. */
  readonly takeFree: (wanted: number) => number
  readonly giveBack: (count: number) => void
}

type Waiting = { readonly wanted: number; readonly resolve: (taken: number) => void }

export function createSlots(size: number): Slots {
  let free = size
  let serving = false
  const waiting: Waiting[] = []

  const takeFree = (wanted: number): number => {
    if (waiting.length > 0) return 0
    const taken = Math.min(free, wanted)
    free -= taken
    return taken
  }

  const serve = () => {
    serving = false
    while (free > 0) {
      const first = waiting.shift()
      if (first === undefined) return
      const taken = Math.min(free, first.wanted)
      free -= taken
      first.resolve(taken)
    }
  }

  return {
    takeFree,
    take: (wanted) => {
      const taken = takeFree(wanted)
      if (taken > 0) return Promise.resolve(taken)
      return new Promise((resolve) => {
        waiting.push({ wanted, resolve })
      })
    },
    giveBack: (count) => {
      free += count
      if (serving || waiting.length === 0) return
      serving = true
      setImmediate(serve)
    },
  }
}
