/** `/v1/ws`: who may open a WebSocket. What is said over it is websocket/connection.ts. */
import { Router, type Request, type Response } from 'express'
import { whatIsShown, type Caller, type IdentifyCaller } from '../callers/caller.ts'
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
import { setRateLimitHeaders, tooMany } from './rate-limited.ts'
import { noteCaller, strangerProblem } from './require-scope.ts'

export type WebSocketDeps = ConnectionDeps & {
  readonly identify: IdentifyCaller
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
    .get(async (request, response) => {
      const caller = await admit(deps, request, response)
      // It may have gone while it was judged.
      if (caller !== undefined && !request.socket.destroyed) open(deps, upgrade, caller, request, response)
    })
    .all(allowOnly('GET'))
  return router
}

/** Who connects; `undefined` when the request was answered. */
async function admit(deps: WebSocketDeps, request: Request, response: Response): Promise<Caller | undefined> {
  if (!isUpgrade(request)) {
    refuseHandshake(response, 'the request asks for no upgrade')
    return undefined
  }
  const { origin, host } = request.headers
  if (!isOriginAllowed(origin, host, deps.allowedOrigins)) {
    sendProblem(response, 'origin-not-allowed', { detail: `the origin is ${String(origin)}` })
    return undefined
  }
  const reading = await deps.identify(authorizationOf(request))
  if (reading.kind !== 'caller') {
    const { code, details } = strangerProblem(reading)
    const hint = 'browsers offer the subprotocols manifold and manifold.bearer.<key>'
    sendProblem(response, code, {
      ...details,
      ...(details.detail === undefined ? {} : { detail: `${details.detail}; ${hint}` }),
    })
    return undefined
  }
  const { caller } = reading
  noteCaller(response, caller)
  if (!caller.scopes.has('publish') && !caller.scopes.has('read')) {
    const detail = `${whatIsShown(caller)} has neither the scope publish nor the scope read`
    sendProblem(response, 'missing-scope', { detail })
    return undefined
  }
  if (deps.limiter?.limits(caller) === true) {
    const taken = await deps.limiter.take(caller, 'read', 1)
    setRateLimitHeaders(response, taken)
    if (taken.granted === 0) {
      const { code, details } = tooMany(taken)
      sendProblem(response, code, details)
      return undefined
    }
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
  const stream: OpenStream = {
    beat: () => {
      served.beat()
    },
    leave: () => {
      served.leave()
    },
  }
  const leave = deps.streams.enter(stream, caller)
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
