/**
 * An HTTP answer as the reader of a stream (Server-Sent Events, WHATWG HTML, section 9.2).
 *
 * Owns its buffer: a reader that takes too little is cut off, and comes back with the place it has reached.
 */
import { once } from 'node:events'
import type { Response } from 'express'
import type { Reader } from '../streams/follow-changes.ts'
import type { OpenStream } from '../streams/open-streams.ts'

/** What may wait for a reader before it is told more. */
export const BUFFER_BYTES = 262_144

/** How long a client waits before it comes back. */
const RETRY_MS = 1_000

const HEADERS = {
  'Content-Type': 'text/event-stream; charset=utf-8',
  'Cache-Control': 'no-cache, no-transform',
  'X-Accel-Buffering': 'no',
  // Nothing else comes over it: it is closed with the stream.
  Connection: 'close',
}

export function createSseReader(response: Response, bufferBytes = BUFFER_BYTES): Reader & OpenStream {
  const gone = new AbortController()
  const { signal } = gone
  let place = ''
  let saidPlace = ''
  let wasStuck = false
  response.once('close', () => {
    gone.abort()
  })
  const cutOff = () => {
    response.destroy()
    gone.abort()
  }
  const isFull = () => response.writableLength > bufferBytes
  const write = (text: string) => {
    if (signal.aborted) return
    if (isFull()) cutOff()
    else response.write(text)
  }
  return {
    signal,
    open: (from) => {
      response.writeHead(200, HEADERS)
      // A frame without data tells nobody anything, but a client that loses the connection now knows where to go on.
      write(`retry: ${String(RETRY_MS)}\nid: ${from}\n\n`)
      place = saidPlace = from
    },
    tell: (messages, to) => {
      place = to
      if (messages.length === 0) return
      saidPlace = messages.at(-1)?.place ?? saidPlace
      write(messages.map((message) => message.frame()).join(''))
    },
    drained: async () => {
      if (response.writableNeedDrain) await once(response, 'drain', { signal }).catch(() => undefined)
    },
    beat: () => {
      if (!response.headersSent) return
      // Nothing was taken from one beat to the next: nobody is there.
      const isStuck = response.writableNeedDrain
      if (isStuck && wasStuck) cutOff()
      wasStuck = isStuck
      // What was not asked for is passed over, but must not be what a reader falls behind by.
      write(place === saidPlace ? ': ping\n\n' : `: ping\nid: ${place}\n\n`)
      saidPlace = place
    },
    leave: () => {
      // Anything but a stream would tell the client never to come back.
      if (!response.headersSent) response.writeHead(200, HEADERS)
      response.end()
      gone.abort()
    },
  }
}
