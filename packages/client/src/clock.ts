/** Time, as the client meets it. Injectable, so that a test never waits for a back-off. */

export type Clock = {
  readonly nowMs: () => number
  /** @throws the reason of the signal when it is aborted */
  readonly sleep: (ms: number, signal?: AbortSignal) => Promise<void>
}

export const systemClock: Clock = {
  nowMs: () => Date.now(),
  sleep: async (ms, signal) => {
    signal?.throwIfAborted()
    const { promise, resolve } = Promise.withResolvers<undefined>()
    const wake = () => {
      resolve(undefined)
    }
    signal?.addEventListener('abort', wake, { once: true })
    const timer = setTimeout(wake, ms)
    await promise
    clearTimeout(timer)
    signal?.removeEventListener('abort', wake)
    signal?.throwIfAborted()
  },
}
