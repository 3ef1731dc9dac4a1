/**
 * The streams that are open in this process: how many there may be, of all and of one caller, the beat that keeps them alive,
 * and their end when the producer stops. One timer for all of them.
 */
import { ANONYMOUS } from '@manifold/config'
import type { Caller } from '../callers/caller.ts'

export type OpenStream = {
  /** Called every so often: says that the stream is alive, and looks whether its reader is. */
  readonly beat: () => void
  /** The producer stops: the reader may come back, here or elsewhere. */
  readonly leave: () => void
}

export type OpenStreams = {
  /** @returns what to call when it has ended; `undefined` when there are as many as there may be, at all or of this caller */
  readonly enter: (stream: OpenStream, caller: Pick<Caller, 'name'>) => (() => void) | undefined
  readonly count: () => number
}

export type OpenStreamsOptions = {
  /** Of all callers. One of them may have half: whatever it does, there is room for others. */
  readonly max: number
  readonly beatMs: number
  readonly leaving: AbortSignal
}

/** Proxies commonly cut what is silent for a minute, some after thirty seconds. */
export const BEAT_MS = 15_000

/** One for each producer. */
export function createOpenStreams({ max, beatMs, leaving }: OpenStreamsOptions): OpenStreams {
  const open = new Set<OpenStream>()
  const byCaller = new Map<string, number>()
  const maxOfOne = Math.ceil(max / 2)
  let timer: NodeJS.Timeout | undefined
  leaving.addEventListener('abort', () => {
    for (const stream of [...open]) stream.leave()
  })
  return {
    enter: (stream, { name }) => {
      const own = byCaller.get(name) ?? 0
      // Without keys all are one caller.
      if (open.size >= max || (own >= maxOfOne && name !== ANONYMOUS)) return undefined
      open.add(stream)
      byCaller.set(name, own + 1)
      timer ??= setInterval(() => {
        for (const one of [...open]) one.beat()
      }, beatMs)
      if (leaving.aborted) stream.leave()
      return () => {
        if (!open.delete(stream)) return
        const left = (byCaller.get(name) ?? 1) - 1
        if (left === 0) byCaller.delete(name)
        else byCaller.set(name, left)
        if (open.size > 0) return
        clearInterval(timer)
        timer = undefined
      }
    },
    count: () => open.size,
  }
}
