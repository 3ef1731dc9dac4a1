/** `/v1/ws`: who may open a WebSocket. What is said over it is websocket/connection.ts. */
import type { ApiKey } from '@manifold/config'
import { Router, type Request, type Response } from 'express'
import type { OpenStream } from '../streams/open-streams.ts'
import { serveConnection, type ConnectionDeps } from '../websocket/connection.ts'
import { isOriginAllowed } from '../websocket/origin.ts'
import {
  authorizationOf,
  createUpgrade,
  isUpgrade,
  WEB_SOCKET_PATH,
  type Upgrade,
} from '../websocket/upgrade.ts'
import { allowOnly } from './method-not-allowed.ts'
import { sendProblem } from './problem.ts'
import { CHALLENGE, findCaller, type Caller } from './require-scope.ts'

export type WebSocketDeps = ConnectionDeps & {
  readonly apiKeys: readonly ApiKey[]
  readonly allowedOrigins: readonly string[]
  readonly maxBodyBytes: number
}

/** A publish is an event with a few words around it. */
const FRAME_BYTES = 1_024

const SWITCHING = 101

export function webSocketRouter(deps: WebSocketDeps): Router {
  const router = Router()
  const upgrade = createUpgrade(deps.maxBodyBytes + FRAME_BYTES)
  router
    .route(WEB_SOCKET_PATH)
    .get((request, response) => {
      const caller = admit(deps, request, response)
      if (caller !== undefined) open(deps, upgrade, caller, request, response)
    })
    .all(allowOnly('GET'))
  return router
}

/** Who connects; `undefined` when the request was answered. */
function admit(deps: WebSocketDeps, request: Request, response: Response): Caller | undefined {
  if (!isUpgrade(request)) {
    refuseHandshake(response, 'the request asks for no upgrade')
    return undefined
  }
  const { origin, host } = request.headers
  if (!isOriginAllowed(origin, host, deps.allowedOrigins)) {
    sendProblem(response, 'origin-not-allowed', { detail: `the origin is ${String(origin)}` })
    return undefined
  }
  const reading = findCaller(deps.apiKeys, authorizationOf(request))
  if (reading.kind === 'unauthenticated') {
    const detail = `${reading.detail}; browsers offer the subprotocols manifold and manifold.bearer.<key>`
    sendProblem(response, 'unauthenticated', { detail, headers: CHALLENGE })
    return undefined
  }
  const { caller } = reading
  response.locals['caller'] = caller.name
  if (!caller.scopes.has('publish') && !caller.scopes.has('read')) {
    const detail = `the key ${caller.name} has neither the scope publish nor the scope read`
    sendProblem(response, 'missing-scope', { detail })
    return undefined
  }
  return caller
}

function open(
  deps: WebSocketDeps,
  upgrade: Upgrade,
  caller: Caller,
  request: Request,
  response: Response,
): void {
  // Counted before it is open, so that there are never more; served once it is.
  let served: OpenStream = { beat: () => undefined, leave: () => undefined }
  const leave = deps.streams.enter({
    beat: () => {
      served.beat()
    },
    leave: () => {
      served.leave()
    },
  })
  if (leave === undefined) {
    sendProblem(response, 'too-many-followers', { headers: { 'retry-after': '5' } })
    return
  }
  upgrade(request, response, {
    onRefused: (why) => {
      leave()
      refuseHandshake(response, why)
    },
    onOpen: (socket) => {
      response.statusCode = SWITCHING
      const requestId = response.locals['requestId'] as string | undefined
      served = serveConnection(deps, socket, { caller, requestId })
      socket.once('close', () => {
        leave()
        // The line of the request is written when the connection has ended.
        response.emit('close')
      })
    },
  })
}

function refuseHandshake(response: Response, detail: string): void {
  sendProblem(response, 'upgrade-required', {
    detail,
    headers: { upgrade: 'websocket', connection: 'upgrade', 'sec-websocket-version': '13' },
  })
}
