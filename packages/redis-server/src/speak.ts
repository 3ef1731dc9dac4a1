/** Speaks to a server of ours: one command over a connection of its own, with just as much of the protocol as that needs. */
import { connect } from 'node:net'

export type Reply = string | number | null | readonly Reply[]

const SPEAK_MS = 5_000

/** Sends a command to a loopback port. @throws what the server refuses it with, or that it does not answer */
export function speak(port: number, ...words: readonly (string | number)[]): Promise<Reply> {
  return new Promise((resolve, reject) => {
    const socket = connect(port, '127.0.0.1')
    socket.setTimeout(SPEAK_MS)
    let heard = ''
    const end = (finish: () => void) => {
      socket.destroy()
      finish()
    }
    socket.once('connect', () => {
      const parts = words.map((word) => `$${String(Buffer.byteLength(String(word)))}\r\n${String(word)}\r\n`)
      socket.write(`*${String(words.length)}\r\n${parts.join('')}`)
    })
    // One character for each byte, so that lengths count as the server does.
    socket.setEncoding('latin1')
    socket.on('data', (text: string) => {
      heard += text
      const reading = readReply(heard, 0)
      if (reading === undefined) return
      end(() => {
        if (reading.value instanceof Error) reject(reading.value)
        else resolve(reading.value)
      })
    })
    socket.once('error', (error) => {
      end(() => {
        reject(error)
      })
    })
    const fail = () => {
      end(() => {
        reject(new Error(`the server on port ${String(port)} does not answer ${String(words[0])}`))
      })
    }
    socket.once('timeout', fail)
    socket.once('end', fail)
  })
}

/** Reads one reply. @returns it with where it ends, or `undefined` when it is not all there yet */
function readReply(text: string, from: number): { value: Reply | Error; end: number } | undefined {
  const lineEnd = text.indexOf('\r\n', from)
  if (lineEnd < 0) return undefined
  const line = text.slice(from + 1, lineEnd)
  let end = lineEnd + 2
  switch (text.charAt(from)) {
    case '-':
      return { value: new Error(line), end }
    case ':':
      return { value: Number(line), end }
    case '$': {
      if (line === '-1') return { value: null, end }
      const length = Number(line)
      if (text.length < end + length + 2) return undefined
      return { value: text.slice(end, end + length), end: end + length + 2 }
    }
    case '*': {
      const items: Reply[] = []
      for (let count = Number(line); count > 0; count--) {
        const item = readReply(text, end)
        if (item === undefined) return undefined
        items.push(item.value instanceof Error ? item.value.message : item.value)
        end = item.end
      }
      return { value: items, end }
    }
    default:
      return { value: line, end }
  }
}
