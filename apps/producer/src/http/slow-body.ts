/**
 * How long a body may take to come in. Node gives every request the same time (`requestTimeout`); a body that is worked
 * on as it comes may take as long as its caller keeps sending.
 */
import { STATUS_CODES, type IncomingMessage, type Server } from 'node:http'
import type { Duplex } from 'node:stream'

/** Connections whose present request may take longer. */
const unhurried = new WeakSet<Duplex>()

/** Lets this body take its time. A caller from whom, and to whom, nothing comes for `idleMs` is cut off. */
export function allowSlowBody(request: IncomingMessage, idleMs: number): void {
  const { socket } = request
  unhurried.add(socket)
  request.setTimeout(idleMs, () => request.destroy())
  request.once('close', () => unhurried.delete(socket))
}

/** Heeds `allowSlowBody`, which Node has no word for; all else is answered as Node does by itself. */
export function exemptSlowBodies(server: Server): void {
  server.on('clientError', (error: NodeJS.ErrnoException, socket) => {
    if (error.code === 'ERR_HTTP_REQUEST_TIMEOUT' && unhurried.has(socket)) return
    // On a connection that was written to, an answer may be on its way, which more words would corrupt.
    if (socket.writable && 'bytesWritten' in socket && socket.bytesWritten === 0) {
      const status = statusOf(error.code)
      socket.write(`HTTP/1.1 ${String(status)} ${STATUS_CODES[status] ?? ''}\r\nConnection: close\r\n\r\n`)
    }
    socket.destroy(error)
  })
}

function statusOf(code: string | undefined): number {
  switch (code) {
    case 'ERR_HTTP_REQUEST_TIMEOUT':
      return 408
    case 'HPE_CHUNK_EXTENSIONS_OVERFLOW':
      return 413
    case 'HPE_HEADER_OVERFLOW':
      return 431
    case undefined:
    default:
      return 400
  }
}
