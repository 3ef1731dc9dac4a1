/** A real server whose answers a test writes, and which keeps what it received: the API at the other end. */
import { createServer as createHttpServer, type IncomingHttpHeaders, type ServerResponse } from 'node:http'
import { createServer as createHttpsServer, type ServerOptions } from 'node:https'
import { buffer } from 'node:stream/consumers'
import { TLSSocket } from 'node:tls'
import { listenOn } from '@manifold/runtime'

export type Received = {
  readonly method: string
  /** Path and query, as they were sent. */
  readonly path: string
  readonly headers: IncomingHttpHeaders
  readonly body: Buffer
  readonly atMs: number
  /** How many came to this path (without its query) before. */
  readonly earlier: number
  /** Common name of the client's certificate, when it showed one. */
  readonly client: string | undefined
}

export type Reply = {
  readonly status: number
  readonly headers?: Readonly<Record<string, string>>
  readonly body?: string | Uint8Array
  readonly delayMs?: number
}

/** `hang`: no answer, ever. A function writes the answer itself. */
export type Script = (request: Received) => Reply | 'hang' | ((response: ServerResponse) => void)

export type ScriptedApi = {
  readonly url: string
  readonly port: number
  /** What came to a path (without its query), in order. */
  readonly received: (path?: string) => readonly Received[]
  /** The most requests to a path that were without an answer at one time. */
  readonly mostAtOnce: (path: string) => number
  /** From now on a path is answered like this; several replies are given in turn, the last one for ever. */
  readonly on: (path: string, first: Script | Reply, ...others: readonly Reply[]) => void
  readonly close: () => Promise<void>
}

/** Answers 200 to what has no script. @param tls makes it an https server */
export async function startScriptedApi(tls?: ServerOptions): Promise<ScriptedApi> {
  const log: Received[] = []
  const scripts = new Map<string, Script>()
  const open = new Map<string, number>()
  const most = new Map<string, number>()
  const at = (place: string) => log.filter((one) => placeOf(one.path) === place)

  const server = tls === undefined ? createHttpServer() : createHttpsServer(tls)
  server.on('request', (request, response) => {
    const path = request.url ?? '/'
    const place = placeOf(path)
    const now = (open.get(place) ?? 0) + 1
    open.set(place, now)
    most.set(place, Math.max(now, most.get(place) ?? 0))
    response.once('close', () => {
      open.set(place, (open.get(place) ?? 1) - 1)
    })
    const atMs = Date.now()
    void buffer(request).then(
      (body) => {
        const received: Received = {
          method: request.method ?? '',
          path,
          headers: request.headers,
          body,
          atMs,
          earlier: at(place).length,
          client: request.socket instanceof TLSSocket ? clientOf(request.socket) : undefined,
        }
        log.push(received)
        answer(response, scripts.get(place)?.(received) ?? { status: 200 })
      },
      () => response.destroy(),
    )
  })
  const port = await listenOn(server, '127.0.0.1', 0)

  return {
    url: `${tls === undefined ? 'http' : 'https'}://127.0.0.1:${String(port)}`,
    port,
    received: (path) => (path === undefined ? log : at(path)),
    mostAtOnce: (path) => most.get(path) ?? 0,
    on: (path, first, ...others) => {
      const before = at(path).length
      scripts.set(
        path,
        typeof first === 'function'
          ? first
          : ({ earlier }) => [first, ...others][Math.min(earlier - before, others.length)] ?? first,
      )
    },
    close: () =>
      new Promise((resolve) => {
        server.close(() => {
          resolve()
        })
        server.closeAllConnections()
      }),
  }
}

function answer(response: ServerResponse, reply: ReturnType<Script>): void {
  if (reply === 'hang') return
  if (typeof reply === 'function') {
    reply(response)
    return
  }
  setTimeout(() => {
    response.writeHead(reply.status, reply.headers).end(reply.body)
  }, reply.delayMs ?? 0)
}

function placeOf(path: string): string {
  return path.split('?', 1)[0] ?? path
}

function clientOf(socket: TLSSocket): string | undefined {
  const name = socket.getPeerX509Certificate()?.subject
  return name === undefined ? undefined : /CN=(.*)/.exec(name)?.[1]
}
