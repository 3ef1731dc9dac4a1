/**
 * What comes in and is no request: answered as every other mistake is, with a problem of the catalogue, though no
 * application has seen it. Behind requests that are, it waits for their answers: one that was taken is not called a mistake.
 */
import { STATUS_CODES, type IncomingMessage, type Server, type ServerResponse } from 'node:http'
import type { Duplex } from 'node:stream'
import { problem, problemBody, type Problem } from './problem.ts'

/** The latest request of a connection, and those before it that are not answered yet. */
type Exchange = {
  readonly request: IncomingMessage
  readonly response: ServerResponse
  readonly before: Exchange | undefined
}

const exchanges = new WeakMap<Duplex, Exchange>()

/** Connections that end with what was unreadable, as soon as they may. */
const ending = new WeakSet<Duplex>()

/** Remembers which answers are still to come on a connection. */
export function watchAnswers(server: Server): void {
  server.on('request', (request: IncomingMessage, response: ServerResponse) => {
    const last = exchanges.get(request.socket)
    const before = last === undefined || last.response.closed ? undefined : last
    exchanges.set(request.socket, { request, response, before })
  })
}

/** Answers what Node could not read, when it is its turn, and ends the connection: nobody knows what comes next. */
export function answerUnreadable(error: NodeJS.ErrnoException, socket: Duplex): void {
  if (ending.has(socket)) return
  ending.add(socket)
  const last = exchanges.get(socket)
  // A request whose own body cannot be read is what is answered here.
  const isItself = last !== undefined && !last.request.complete && !last.response.headersSent
  const open = isItself ? last.before : last
  if (open === undefined || open.response.closed) end(error, socket)
  // Words in the middle of an answer would corrupt it.
  else if (open.response.headersSent && !open.response.writableEnded) socket.destroy(error)
  else {
    open.response.once('close', () => {
      end(error, socket)
    })
  }
}

function end(error: NodeJS.ErrnoException, socket: Duplex): void {
  if (!socket.writable) {
    socket.destroy(error)
    return
  }
  socket.end(answerOf(problemOf(error)), () => socket.destroy(error))
}

function answerOf(what: Problem): string {
  const body = problemBody(what, undefined)
  const text = JSON.stringify(body)
  return [
    `HTTP/1.1 ${String(body.status)} ${STATUS_CODES[body.status] ?? ''}`,
    'Content-Type: application/problem+json; charset=utf-8',
    `Content-Length: ${String(Buffer.byteLength(text))}`,
    'Connection: close',
    '',
    text,
  ].join('\r\n')
}

function problemOf({ code, message }: NodeJS.ErrnoException): Problem {
  switch (code) {
    case 'ERR_HTTP_REQUEST_TIMEOUT':
      return problem('request-timeout')
    case 'HPE_HEADER_OVERFLOW':
      return problem('headers-too-large')
    case undefined:
    default:
      return problem('malformed-request', { detail: message })
  }
}
