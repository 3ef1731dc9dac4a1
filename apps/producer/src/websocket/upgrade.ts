/**
 * From an HTTP request to a WebSocket: which requests ask for it, and how they come to the route that judges them.
 *
 * An upgrade is served as any other request, by the same application: it has the same request id, log line, keys and errors.
 * Until the route takes it over, its answer is an ordinary one, written to the socket it came from.
 */
import { ServerResponse, type IncomingMessage, type RequestListener } from 'node:http'
import { Socket } from 'node:net'
import type { Duplex } from 'node:stream'
import { WebSocketServer, type WebSocket } from 'ws'

/** Where WebSockets are taken. */
export const WEB_SOCKET_PATH = '/v1/ws'

/** The subprotocol that is spoken; only a client that asks for one is told. */
const SUBPROTOCOL = 'manifold'

/** A key in front of whose name stands this is a subprotocol too: a browser can send no other header. */
const BEARER = 'manifold.bearer.'

type Opening = { readonly socket: Socket; readonly head: Buffer }

const openings = new WeakMap<IncomingMessage, Opening>()

/** Everything else that says `Upgrade` (HTTP/2 in clear text, mostly) is served as if it had not. */
export function asksForWebSocket(request: IncomingMessage): boolean {
  const [path] = (request.url ?? '').split('?', 1)
  return path === WEB_SOCKET_PATH && request.headers.upgrade?.toLowerCase() === 'websocket'
}

/** A server's `upgrade` listener. */
export function serveUpgrades(app: RequestListener) {
  return (request: IncomingMessage, socket: Duplex, head: Buffer): void => {
    if (!(socket instanceof Socket)) {
      socket.destroy()
      return
    }
    // A peer that goes away in the middle of it is nobody's mistake.
    socket.on('error', () => undefined)
    // Node no longer looks how long it lies still; a WebSocket has its own way to (`pulse.ts`), and no timeout.
    socket.once('timeout', () => socket.destroy())
    const response = new ServerResponse(request)
    response.shouldKeepAlive = false
    response.assignSocket(socket)
    response.once('finish', () => {
      socket.end()
    })
    openings.set(request, { socket, head })
    app(request, response)
  }
}

/** Whether a request is an upgrade that can still be taken. */
export function isUpgrade(request: IncomingMessage): boolean {
  return openings.has(request)
}

export type Handshake = {
  readonly onOpen: (webSocket: WebSocket) => void
  /** Something is wrong with the request; it can still be answered. */
  readonly onRefused: (why: string) => void
}

/** Takes the connection over. Calls back before the first message can come. */
export type Upgrade = (request: IncomingMessage, response: ServerResponse, handshake: Handshake) => void

/** @param maxBytes of one message */
export function createUpgrade(maxBytes: number): Upgrade {
  const server = new WebSocketServer({
    noServer: true,
    clientTracking: false,
    maxPayload: maxBytes,
    perMessageDeflate: false,
    handleProtocols: (offered) => (offered.has(SUBPROTOCOL) ? SUBPROTOCOL : false),
  })
  const refusals = new WeakMap<IncomingMessage, (why: string) => void>()
  server.on('wsClientError', (error, _socket, request) => refusals.get(request)?.(error.message))
  return (request, response, { onOpen, onRefused }) => {
    const opening = openings.get(request)
    if (opening === undefined) return
    const { socket, head } = opening
    refusals.set(request, (why) => {
      response.assignSocket(socket)
      onRefused(why)
    })
    response.detachSocket(socket)
    server.handleUpgrade(request, socket, head, onOpen)
  }
}

/** The `Authorization` that a request brings, in its header or as a subprotocol. */
export function authorizationOf({ headers }: IncomingMessage): string | undefined {
  if (headers.authorization !== undefined) return headers.authorization
  const offered = (headers['sec-websocket-protocol'] ?? '').split(',').map((one) => one.trim())
  const key = offered.find((one) => one.startsWith(BEARER))?.slice(BEARER.length)
  return key === undefined ? undefined : `Bearer ${key}`
}
