/** Gives one answer to one request, and says what of it can be counted on. */
import type { IncomingMessage, ServerResponse } from 'node:http'
import { setTimeout as wait } from 'node:timers/promises'
import type { Answer } from './behaviour.ts'

export type Exchange = { readonly request: IncomingMessage; readonly response: ServerResponse }

/** @param onAsked told, before the answer goes out, if it asks to wait, and how many milliseconds */
export async function respond(
  { request, response }: Exchange,
  answer: Answer,
  onAsked: (waitMs: number) => void,
): Promise<void> {
  switch (answer.kind) {
    case 'status':
      if (answer.afterMs !== undefined) await wait(answer.afterMs)
      sendStatus(response, answer, onAsked)
      return
    case 'reset':
      await sendPart(response, answer.when)
      request.socket.resetAndDestroy()
      return
    case 'hang':
      return
    case 'drip': {
      response.writeHead(200, { 'content-type': 'text/plain' })
      const timer = setInterval(() => response.write('.'), answer.everyMs)
      response.once('close', () => {
        clearInterval(timer)
      })
      return
    }
    case 'big':
      response.writeHead(200, { 'content-type': 'text/plain', 'content-length': answer.bytes })
      response.end(Buffer.alloc(answer.bytes, 'x'))
      return
    case 'garbage':
      request.socket.end('NONSENSE 9.9 \u0000\u0001 hello\r\n\r\n')
      return
    default:
      return answer satisfies never
  }
}

function sendStatus(
  response: ServerResponse,
  { status, retryAfter }: Extract<Answer, { kind: 'status' }>,
  onAsked: (waitMs: number) => void,
): void {
  const body = JSON.stringify({ status })
  const headers = { 'content-type': 'application/json', 'content-length': String(body.length) }
  switch (retryAfter?.form) {
    case undefined:
      response.writeHead(status, headers).end(body)
      return
    case 'text':
      response.writeHead(status, { ...headers, 'retry-after': retryAfter.text }).end(body)
      return
    case 'seconds':
      onAsked(retryAfter.seconds * 1_000)
      response.writeHead(status, { ...headers, 'retry-after': String(retryAfter.seconds) }).end(body)
      return
    case 'date': {
      const at = new Date(Date.now() + retryAfter.seconds * 1_000)
      // A date has no fractions of a second.
      onAsked(Math.max(0, Math.floor(at.getTime() / 1_000) * 1_000 - Date.now()))
      response.writeHead(status, { ...headers, 'retry-after': at.toUTCString() }).end(body)
      return
    }
    default:
      retryAfter satisfies never
  }
}

async function sendPart(
  response: ServerResponse,
  when: 'before-headers' | 'after-headers' | 'in-body',
): Promise<void> {
  if (when === 'before-headers') return
  response.writeHead(200, { 'content-type': 'text/plain', 'content-length': '1000' })
  response.flushHeaders()
  if (when === 'in-body') response.write('some of it')
  await wait(5)
}
