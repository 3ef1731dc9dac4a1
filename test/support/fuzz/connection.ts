/** Bytes to a server and what comes back, without a client in between that would correct them. */
import { connect, type Socket } from 'node:net'
import type { Answered } from '../contract.ts'
import { readAnswers } from './answers.ts'

/** Longer than anything may take to be answered. */
export const ANSWER_MS = 5_000

/** Whoever is silent so long may be waiting for the rest of a request. */
const QUIET_MS = 40

export type Exchange = {
  /** Parts that are sent one after the other, each in a turn of its own. */
  readonly parts: readonly (Buffer | string)[]
  readonly isHead?: boolean
  /** All that is answered until the other side closes is read; this side closes when nothing more seems to come. */
  readonly untilClosed?: boolean
  /** How many answers are waited for; 1 by default. */
  readonly answers?: number
}

/** The answers in order. @throws when neither they nor the end of the connection come in time */
export async function exchange(
  url: string,
  { parts, isHead, untilClosed = false, answers = 1 }: Exchange,
): Promise<Answered[]> {
  const socket = connect({ host: '127.0.0.1', port: Number(new URL(url).port), allowHalfOpen: true })
  socket.setNoDelay(true)
  const chunks: Buffer[] = []
  try {
    return await new Promise<Answered[]>((resolve, reject) => {
      const readUp = (atEnd: boolean) => {
        const reading = readAnswers(Buffer.concat(chunks), isHead)
        if (reading.stream?.text.includes('\n\n') === true)
          resolve([...reading.answers, framesOnly(reading.stream)])
        else if (atEnd || (!untilClosed && reading.answers.length >= answers)) resolve([...reading.answers])
      }
      const timer = setTimeout(() => {
        const came = Buffer.concat(chunks).toString('latin1').slice(0, 500)
        reject(new Error(`no answer within ${String(ANSWER_MS)} ms; what came: ${JSON.stringify(came)}`))
      }, ANSWER_MS)
      const safely = (atEnd: boolean) => {
        try {
          readUp(atEnd)
        } catch (error) {
          reject(error instanceof Error ? error : new Error(String(error)))
        }
      }
      socket.on('data', (chunk: Buffer) => {
        chunks.push(chunk)
        safely(false)
      })
      // A reset is an end, too: what came before it counts.
      socket.on('error', () => undefined)
      socket.once('end', () => socket.end())
      socket.once('close', () => {
        clearTimeout(timer)
        safely(true)
      })
      void sendParts(socket, parts)
      if (untilClosed) socket.setTimeout(QUIET_MS, () => socket.end())
    })
  } finally {
    socket.destroy()
  }
}

async function sendParts(socket: Socket, parts: readonly (Buffer | string)[]): Promise<void> {
  for (const part of parts) {
    socket.write(part)
    if (parts.length > 1) await new Promise((resolve) => setImmediate(resolve))
  }
}

/** Takes the chunk sizes out of a stream's beginning. */
function framesOnly({ text, ...head }: Answered): Answered {
  const lines = text.split('\r\n').filter((_line, index) => index % 2 === 1)
  const frames = lines.join('')
  return { ...head, text: frames.slice(0, frames.lastIndexOf('\n\n') + 2) }
}
