/** Whether the peer of a WebSocket is still there: pings it at every beat, and ends a connection whose peer does not answer. */
import type { WebSocket } from 'ws'

/** What it needs of a connection. */
export type Peer = Pick<WebSocket, 'isPaused' | 'ping' | 'terminate'> & {
  on: (name: 'pong', answered: () => void) => unknown
}

const MAX_UNANSWERED = 2

/** @returns what to call at every beat */
export function createPulse(socket: Peer): () => void {
  let unanswered = 0
  socket.on('pong', () => {
    unanswered = 0
  })
  return () => {
    // While it is not read, no answer can come.
    if (socket.isPaused) unanswered = 0
    if (unanswered++ >= MAX_UNANSWERED) socket.terminate()
    else socket.ping()
  }
}
