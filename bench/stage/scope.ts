/** A scope: whatever is started in it is ended with it, in the reverse order, however it ends. */

export type Scope = {
  /** Registers how to end something that was just started. */
  readonly defer: (close: Close) => void
}

type Close = () => Promise<void> | void

/** Runs `body`, then everything it deferred, last first; one that fails to end keeps no other from ending. */
export async function inScope<T>(body: (scope: Scope) => Promise<T>): Promise<T> {
  const closers: Close[] = []
  try {
    return await body({ defer: (close) => closers.push(close) })
  } finally {
    await endAll(closers)
  }
}

async function endAll(closers: Close[]): Promise<void> {
  const last = closers.pop()
  if (last === undefined) return
  try {
    await last()
  } finally {
    await endAll(closers)
  }
}
