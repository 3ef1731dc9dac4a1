/** Background work: a task repeated for as long as the process lives, one run at a time. */

export type Background = {
  /** Runs the task now instead of at the end of the pause. */
  readonly wake: () => void
  /** Resolves when the run under way has ended. */
  readonly stop: () => Promise<void>
}

/**
 * Runs `task` every `intervalMs`, counted from the end of one run to the start of the next; the first at once.
 * @param onError told of a failed run; the next one comes all the same
 */
export function repeat(
  intervalMs: number,
  task: () => Promise<unknown>,
  onError: (error: unknown) => void,
): Background {
  const stopping = new AbortController()
  let wanted = false
  let endPause: () => void = () => undefined
  const wake = () => {
    wanted = true
    endPause()
  }

  const loop = (async () => {
    while (!isStopped()) {
      wanted = false
      try {
        await task()
      } catch (error) {
        // Checked again: the task may have failed because the process is stopping.
        if (!isStopped()) onError(error)
      }
      if (isStopped()) break
      if (isWanted()) continue
      await new Promise<void>((resolve) => {
        const timer = setTimeout(resolve, intervalMs)
        endPause = () => {
          clearTimeout(timer)
          resolve()
        }
      })
    }
  })()

  function isStopped(): boolean {
    return stopping.signal.aborted
  }

  // Asked during a run, a wake-up means one more run behind it.
  function isWanted(): boolean {
    return wanted
  }

  return {
    wake,
    stop: async () => {
      stopping.abort()
      wake()
      await loop
    },
  }
}
