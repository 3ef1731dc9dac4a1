/**
 * The streams that are open in this process: how many there may be, the beat that keeps them alive, and their end when the
 * producer stops. One timer for all of them.
 */
export type OpenStream = {
  /** Called every so often: says that the stream is alive, and looks whether its reader is. */
  readonly beat: () => void
  /** The producer stops: the reader may come back, here or elsewhere. */
  readonly leave: () => void
}

export type OpenStreams = {
  /** @returns what to call when it has ended; `undefined` when there are as many as there may be */
  readonly enter: (stream: OpenStream) => (() => void) | undefined
  readonly count: () => number
}

export type OpenStreamsOptions = {
  readonly max: number
  readonly beatMs: number
  readonly leaving: AbortSignal
}

/** Proxies commonly cut what is silent for a minute, some after thirty seconds. */
export const BEAT_MS = 15_000

/** One for each producer. */
export function createOpenStreams({ max, beatMs, leaving }: OpenStreamsOptions): OpenStreams {
  const open = new Set<OpenStream>()
  let timer: NodeJS.Timeout | undefined
  leaving.addEventListener('abort', () => {
    for (const stream of [...open]) stream.leave()
  })
  return {
    enter: (stream) => {
      if (open.size >= max) return undefined
      open.add(stream)
      timer ??= setInterval(() => {
        for (const one of [...open]) one.beat()
      }, beatMs)
      if (leaving.aborted) stream.leave()
      return () => {
        open.delete(stream)
        if (open.size > 0) return
        clearInterval(timer)
        timer = undefined
      }
    },
    count: () => open.size,
  }
}
