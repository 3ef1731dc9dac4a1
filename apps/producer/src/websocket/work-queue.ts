/**
 * So much work at a time; what comes beyond it waits, and whoever brings it is told to pause meanwhile.
 *
 * What waits is what had already come in when the pause was asked for.
 */
export type WorkQueue = { readonly add: (work: () => Promise<void>) => void }

export type WorkQueueOptions = {
  readonly atOnce: number
  readonly pause: () => void
  readonly resume: () => void
}

/** Work must not reject. */
export function createWorkQueue({ atOnce, pause, resume }: WorkQueueOptions): WorkQueue {
  const waiting: (() => Promise<void>)[] = []
  let underWay = 0
  const begin = (work: () => Promise<void>) => {
    underWay++
    void work().finally(() => {
      underWay--
      const next = waiting.shift()
      if (next !== undefined) begin(next)
      else if (underWay === atOnce - 1) resume()
    })
  }
  return {
    add: (work) => {
      if (underWay >= atOnce) waiting.push(work)
      else begin(work)
      if (underWay >= atOnce) pause()
    },
  }
}
