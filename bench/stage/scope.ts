/** A scope: whatever is started in it is ended with it, in the reverse order, however it ends. */

export type Scope = {
  /** Registers how to end something that was just started. */
  readonly defer: (close: () => Promise<void> | void) => void
}

/** Runs `body`, then everything it deferred, last first. */
export async function inScope<T>(body: (scope: Scope) => Promise<T>): Promise<T> {
  const closers: (() => Promise<void> | void)[] = []
  try {
    return await body({ defer: (close) => closers.push(close) })
  } finally {
    for (const close of closers.reverse()) await close()
  }
}
