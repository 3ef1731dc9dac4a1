/**
 * Slots: how many deliveries of a target this process may work on at once. They count deliveries, not jobs, of which one
 * may carry several.
 *
 * First come, first served: a job that waits for slots gets them before a new job is fetched. What comes back in one turn
 * of the event loop is given out together, so that deliveries which were settled together make room for a group that is
 * claimed together.
 */

export type Slots = {
  /** Resolves with at least one slot, and with as many as are free up to `wanted`. */
  readonly take: (wanted: number) => Promise<number>
  /** As many as are free now, up to `wanted`. */
  readonly takeFree: (wanted: number) => number
  /** One slot, when nobody else waits for any: for whoever fetches the next job, which may take long to come. */
  readonly takeWhenIdle: () => Promise<void>
  readonly giveBack: (count: number) => void
}

type Waiting = { readonly wanted: number; readonly resolve: (taken: number) => void }

/** Who waits for several slots gets so many at once, or what there is after a moment: a group costs as much as one. */
const GROUP = 10
const MAX_GATHER_MS = 5

export function createSlots(size: number): Slots {
  let free = size
  let serving = false
  let idle: (() => void) | undefined
  let gathering: NodeJS.Timeout | undefined
  const enough = Math.min(GROUP, Math.ceil(size / 4))
  const waiting: Waiting[] = []

  const takeFree = (wanted: number): number => {
    if (waiting.length > 0) return 0
    const taken = Math.min(free, wanted)
    free -= taken
    return taken
  }

  const serve = (least: number) => {
    serving = false
    clearTimeout(gathering)
    gathering = undefined
    while (free > 0) {
      const [first] = waiting
      if (first === undefined) {
        if (idle === undefined) return
        free--
        idle()
        idle = undefined
        return
      }
      if (free < Math.min(first.wanted, least)) {
        gathering = setTimeout(serve, MAX_GATHER_MS, 1)
        return
      }
      waiting.shift()
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
    takeWhenIdle: () => {
      if (takeFree(1) === 1) return Promise.resolve()
      return new Promise((resolve) => {
        idle = resolve
      })
    },
    giveBack: (count) => {
      free += count
      if (
        serving ||
        (waiting.length === 0 && idle === undefined) ||
        (gathering !== undefined && free < enough)
      )
        return
      serving = true
      setImmediate(serve, enough)
    },
  }
}
