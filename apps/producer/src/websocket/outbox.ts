/**
 * What is sent over one WebSocket. Owns its buffer: a peer that takes too little is closed (1013) and may come back with the
 * places it has reached.
 */
import { WebSocket } from 'ws'

export type Outbox = {
  /** Texts that belong together: all of them, or none where too much waits already. */
  readonly send: (...texts: readonly string[]) => void
  /** Resolves when there is room, or the peer has gone. */
  readonly drained: () => Promise<void>
  /** Closes with a code, and without waiting long for the peer to agree. */
  readonly close: (code: number, reason: string) => void
}

/** What may wait for a peer before it is told more. */
export const BUFFER_BYTES = 262_144

const CLOSE_MS = 2_000

export function createOutbox(socket: WebSocket, bufferBytes = BUFFER_BYTES): Outbox {
  let waiting: (() => void)[] = []
  let closing: NodeJS.Timeout | undefined
  const hasRoom = () => socket.readyState !== WebSocket.OPEN || socket.bufferedAmount <= bufferBytes / 2
  const release = () => {
    if (waiting.length === 0 || !hasRoom()) return
    const released = waiting
    waiting = []
    for (const go of released) go()
  }
  const close = (code: number, reason: string) => {
    if (closing !== undefined) return
    socket.close(code, reason)
    closing = setTimeout(() => {
      socket.terminate()
    }, CLOSE_MS)
    release()
  }
  socket.once('close', () => {
    clearTimeout(closing)
    release()
  })
  return {
    send: (...texts) => {
      if (socket.readyState !== WebSocket.OPEN) return
      if (socket.bufferedAmount > bufferBytes) close(1013, 'too slow: come back with the last id')
      else for (const text of texts) socket.send(text, release)
    },
    drained: () =>
      hasRoom()
        ? Promise.resolve()
        : new Promise((resolve) => {
            waiting.push(resolve)
          }),
    close,
  }
}
