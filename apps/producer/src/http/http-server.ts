/**
 * The producer's HTTP server, over TLS or not: what it lets a client hold, and how it stops. What it answers is the
 * application's.
 */
import { createServer, type RequestListener, type Server } from 'node:http'
import { createServer as createTlsServer } from 'node:https'
import { SERVER_LIMITS, STILL_MS, type Logger } from '@manifold/runtime'
import type { Certificates } from '../tls/certificates.ts'
import { asksForWebSocket, serveUpgrades } from '../websocket/upgrade.ts'
import { limitConnections } from './limit-connections.ts'
import { giveTargetAPath } from './request-target.ts'
import { exemptSlowBodies } from './slow-body.ts'

export type HttpServerDeps = {
  readonly app: RequestListener
  /** `undefined`: in clear text. */
  readonly certificates: Certificates | undefined
  readonly maxConnections: number
  /** How long a connection may lie still; tests have no 90 s. */
  readonly stillMs: number | undefined
  readonly logger: Logger
}

/** The server; it listens to nothing yet. */
export function createHttpServer(deps: HttpServerDeps): Server {
  const { app, certificates, maxConnections, stillMs = STILL_MS, logger } = deps
  const options = {
    ...SERVER_LIMITS,
    // What Node would refuse in its own words goes to the application: it has better ones.
    requireHostHeader: false,
    shouldUpgradeCallback: asksForWebSocket,
  }
  const server =
    certificates === undefined
      ? createServer(options, app)
      : certificates.serve(createTlsServer({ ...options, ...certificates.options }, app))
  server.timeout = stillMs
  limitConnections(server, maxConnections, logger)
  server.on('checkExpectation', app)
  server.on('upgrade', serveUpgrades(app))
  server.prependListener('request', giveTargetAPath)
  exemptSlowBodies(server)
  return server
}

/** Lets requests under way finish, for at most `drainMs`. */
export async function closeHttpServer(server: Server, drainMs: number): Promise<void> {
  const timer = setTimeout(() => {
    server.closeAllConnections()
  }, drainMs)
  await new Promise<void>((resolve) => {
    server.close(() => {
      resolve()
    })
  })
  clearTimeout(timer)
}
