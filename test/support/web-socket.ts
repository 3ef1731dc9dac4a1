/** A WebSocket client of a test's own: what it was told, in order, and how it was closed. */
import { once } from 'node:events'
import type { IncomingMessage } from 'node:http'
import { WebSocket, type ClientOptions } from 'ws'
import { eventually } from './eventually.ts'

export type Told = Record<string, unknown> & { readonly message: string }

export type TestSocket = {
  readonly socket: WebSocket
  readonly told: () => Told[]
  readonly say: (message: object | string) => void
  /** Says it with a ref of its own, and gives the answer to it. */
  readonly ask: (message: object) => Promise<Told>
  readonly closed: Promise<number>
}

let asked = 0

/** Resolves when it is open. */
export async function openSocket(
  url: string,
  protocols: string[] = [],
  options: ClientOptions = {},
): Promise<TestSocket> {
  const socket = new WebSocket(socketUrl(url), protocols, options)
  const told: Told[] = []
  socket.on('message', (text: Buffer) => told.push(JSON.parse(text.toString('utf8')) as Told))
  socket.on('error', () => undefined)
  const closed = new Promise<number>((resolve) => socket.once('close', resolve))
  await once(socket, 'open')
  const say = (message: object | string) => {
    socket.send(typeof message === 'string' ? message : JSON.stringify(message))
  }
  return {
    socket,
    told: () => [...told],
    say,
    ask: (message) => {
      const ref = `test-${String(++asked)}`
      say({ ...message, ref })
      return eventually(`the answer to ${ref}`, () => told.find((one) => one['ref'] === ref))
    },
    closed,
  }
}

/** What a handshake that is refused is answered. */
export async function refusedSocket(
  url: string,
  protocols: string[] = [],
  options: ClientOptions = {},
): Promise<{ status: number; headers: IncomingMessage['headers']; body: Record<string, unknown> }> {
  const socket = new WebSocket(socketUrl(url), protocols, options)
  socket.on('error', () => undefined)
  const [, response] = (await once(socket, 'unexpected-response')) as [unknown, IncomingMessage]
  let text = ''
  for await (const piece of response) text += String(piece)
  const { statusCode = 0, headers } = response
  return { status: statusCode, headers, body: JSON.parse(text) as Record<string, unknown> }
}

function socketUrl(url: string): string {
  return `${url.replace(/^http/, 'ws')}/v1/ws`
}
