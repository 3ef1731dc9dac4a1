/**
 * How long a body may take to come in. Node gives every request the same time (`requestTimeout`); a body that is worked
 * on as it comes may take as long as its caller keeps sending.
 */
import type { IncomingMessage, Server } from 'node:http'
import type { Duplex } from 'node:stream'
import { answerUnreadable, watchAnswers } from './unreadable-request.ts'

/** Connections whose present request may take longer. */
const unhurried = new WeakSet<Duplex>()

/** Lets this body take its time. A caller from whom, and to whom, nothing comes for `idleMs` is cut off. */
export function allowSlowBody(request: IncomingMessage, idleMs: number): void {
  const { socket } = request
  unhurried.add(socket)
  request.setTimeout(idleMs, () => request.destroy())
  request.once('close', () => unhurried.delete(socket))
}

/** Heeds `allowSlowBody`, which Node has no word for; all else that is no request is answered as such. */
export function exemptSlowBodies(server: Server): void {
  watchAnswers(server)
  server.on('clientError', (error: NodeJS.ErrnoException, socket) => {
    if (error.code === 'ERR_HTTP_REQUEST_TIMEOUT' && unhurried.has(socket)) return
    answerUnreadable(error, socket)
  })
}
