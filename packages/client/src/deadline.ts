/**
 * One signal for a request that may end by the caller's wish or by time running out, and which of the two it was.
 *
 * Not AbortSignal.any: a caller's long-lived signal would gather a listener for every request ever made.
 */

/** A timer set for longer fires at once. */
const LONGEST_MS = 2 ** 31 - 1

export type Deadline = {
  readonly signal: AbortSignal
  /** Whether time ran out. */
  readonly isOver: () => boolean
  /** Ends the request and frees its connection, whatever it was doing. */
  readonly abort: () => void
  /** Begins the time again, with another length. */
  readonly restart: (timeoutMs: number) => void
  /** Holds the clock until the time begins again. */
  readonly hold: () => void
  /** Stops the clock and lets go of the caller's signal. */
  readonly end: () => void
}

/** @param outer the caller's signal */
export function startDeadline(timeoutMs: number, outer: AbortSignal | undefined): Deadline {
  const controller = new AbortController()
  let over = false
  const follow = () => {
    controller.abort(outer?.reason)
  }
  const start = (ms: number) =>
    setTimeout(
      () => {
        over = true
        controller.abort()
      },
      Math.min(ms, LONGEST_MS),
    )

  let timer = start(timeoutMs)
  if (outer?.aborted === true) follow()
  else outer?.addEventListener('abort', follow, { once: true })

  return {
    signal: controller.signal,
    isOver: () => over,
    abort: () => {
      controller.abort()
    },
    restart: (ms) => {
      clearTimeout(timer)
      timer = start(ms)
    },
    hold: () => {
      clearTimeout(timer)
    },
    end: () => {
      clearTimeout(timer)
      outer?.removeEventListener('abort', follow)
    },
  }
}
