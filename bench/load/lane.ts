/**
 * A lane: one kept-alive connection that sends a request and waits for its answer, over and over.
 *
 * Plain sockets, because what the load costs is taken from what is measured: a general client spends four times as much on
 * a request. It understands just what the servers here answer: a status line, headers, and a body of a given length.
 */
import { connect, type Socket } from 'node:net'

export type Answer = { readonly status: number; readonly body: string }

export type Lane = {
  /** Posts JSON. One at a time. @throws when the connection ends */
  readonly post: (path: string, json: string) => Promise<Answer>
  readonly close: () => void
}

const HEAD_END = Buffer.from('\r\n\r\n')
const STATUS_AT = 'HTTP/1.1 '.length

export async function openLane(origin: string): Promise<Lane> {
  const { hostname, port } = new URL(origin)
  const socket = await connected(hostname, Number(port))
  let received: Buffer = Buffer.alloc(0)
  let waiting: PromiseWithResolvers<Answer> | undefined

  socket.on('data', (chunk: Buffer) => {
    received = received.length === 0 ? chunk : Buffer.concat([received, chunk])
    const answer = readAnswer(received)
    if (answer === undefined) return
    received = Buffer.alloc(0)
    waiting?.resolve(answer)
  })
  const fail = (error?: Error) => {
    waiting?.reject(error ?? new Error('the connection ended'))
  }
  socket.on('error', fail)
  socket.on('close', () => {
    fail()
  })

  return {
    post: (path, json) => {
      waiting = Promise.withResolvers()
      socket.write(
        `POST ${path} HTTP/1.1\r\nhost: ${hostname}\r\ncontent-type: application/json\r\ncontent-length: ${String(
          Buffer.byteLength(json),
        )}\r\n\r\n${json}`,
      )
      return waiting.promise
    },
    close: () => {
      socket.destroy()
    },
  }
}

/** `undefined` until all of it is there. */
export function readAnswer(received: Buffer): Answer | undefined {
  const headEnd = received.indexOf(HEAD_END)
  if (headEnd === -1) return undefined
  const head = received.toString('latin1', 0, headEnd)
  const length = Number(/\r\ncontent-length: (\d+)/i.exec(head)?.[1] ?? 0)
  const bodyStart = headEnd + HEAD_END.length
  if (received.length < bodyStart + length) return undefined
  return {
    status: Number(head.slice(STATUS_AT, STATUS_AT + 3)),
    body: received.toString('utf8', bodyStart, bodyStart + length),
  }
}

function connected(host: string, port: number): Promise<Socket> {
  return new Promise((resolve, reject) => {
    const socket = connect({ host, port, noDelay: true })
    socket.once('connect', () => {
      resolve(socket)
    })
    socket.once('error', reject)
  })
}
