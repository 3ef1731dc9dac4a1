/** Gives one answer to one request, and says what of it can be counted on. */
import type { IncomingMessage, ServerResponse } from 'node:http'
import { once } from 'node:events'
import { setTimeout as wait } from 'node:timers/promises'
import type { Answer } from './behaviour.ts'

export type Exchange = { readonly request: IncomingMessage; readonly response: ServerResponse }

export type Listeners = {
  /** Told, before the answer goes out, if it asks to wait, and how many milliseconds. */
  readonly onAsked: (waitMs: number) => void
  /** Told when so much of the answer has gone out that its status counts, whether the rest is read or not. */
  readonly onEnough: (status: number) => void
}

export async function respond(
  { request, response }: Exchange,
  answer: Answer,
  { onAsked, onEnough }: Listeners,
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
      await sendBig(response, answer, onEnough)
      return
    case 'garbage':
      request.socket.end(
        answer.what === 'status-line'
          ? 'HTTP/1.1 2OO fine\r\ncontent-length: 0\r\n\r\n'
          : 'NONSENSE 9.9 \u0000\u0001 hello\r\n\r\n',
      )
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
      response.setHeader('retry-after', retryAfter.text).writeHead(status, headers).end(body)
      return
    case 'seconds':
      onAsked(retryAfter.seconds * 1_000)
      response.writeHead(status, { ...headers, 'retry-after': String(retryAfter.seconds) }).end(body)
      return
    case 'date':
    case 'rfc-850-date':
    case 'asctime-date': {
      const at = new Date(Date.now() + retryAfter.seconds * 1_000)
      // A date has no fractions of a second.
      onAsked(Math.max(0, Math.floor(at.getTime() / 1_000) * 1_000 - Date.now()))
      response.writeHead(status, { ...headers, 'retry-after': httpDate(at, retryAfter.form) }).end(body)
      return
    }
    default:
      retryAfter satisfies never
  }
}

/** The three forms of RFC 9110, section 5.6.7. */
function httpDate(at: Date, form: 'date' | 'rfc-850-date' | 'asctime-date'): string {
  const [weekday = '', day = '', month = '', year = '', time = ''] = at.toUTCString().split(/,? /)
  switch (form) {
    case 'date':
      return at.toUTCString()
    case 'rfc-850-date': {
      const whole = at.toLocaleDateString('en', { weekday: 'long', timeZone: 'UTC' })
      return `${whole}, ${day}-${month}-${year.slice(2)} ${time} GMT`
    }
    case 'asctime-date':
      return `${weekday} ${month} ${String(Number(day)).padStart(2)} ${time} ${year}`
  }
}

const PIECE = Buffer.alloc(65_536, 'x')

async function sendBig(
  response: ServerResponse,
  { status, bytes, enoughBytes }: Extract<Answer, { kind: 'big' }>,
  onEnough: (status: number) => void,
): Promise<void> {
  response.writeHead(status, { 'content-type': 'text/plain', 'content-length': bytes })
  for (let sent = 0; sent < bytes && !response.destroyed; sent += PIECE.length) {
    const hasRoom = response.write(PIECE.subarray(0, bytes - sent))
    if (sent + PIECE.length >= enoughBytes) onEnough(status)
    if (!hasRoom) await Promise.race([once(response, 'drain'), once(response, 'close')])
  }
  response.end()
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
