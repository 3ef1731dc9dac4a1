/** The producer's HTTP application: what is in front of every route, the routes, and what catches what they throw. */
import type { TrustedProxies } from '@manifold/config'
import type { Target } from '@manifold/domain'
import type { Queues } from '@manifold/queue'
import type { Logger, Registry } from '@manifold/runtime'
import { isStoreUnavailable, TooFewReplicasError, type Telling } from '@manifold/store'
import type { Tracing } from '@manifold/tracing'
import express, { type ErrorRequestHandler, type Express } from 'express'
import type { AnsweredRequest } from '../producer-metrics.ts'
import { deadLettersRouter, type DeadLettersDeps } from './dead-letters.ts'
import { documentsRouter } from './documents.ts'
import { eventsRouter, type EventsDeps } from './events.ts'
import { operateRouter } from './operate.ts'
import { sendProblem } from './problem.ts'
import { replaysRouter } from './replays.ts'
import { requestLog } from './request-log.ts'
import { traceRequests } from './request-trace.ts'
import { requireHost } from './require-host.ts'
import { requireOwnPage } from './require-own-page.ts'
import { securityHeaders } from './security-headers.ts'
import { streamRouter, type StreamDeps } from './stream.ts'
import { sourcesRouter, type SourcesDeps } from './sources.ts'
import { targetsRouter } from './targets.ts'
import { webSocketRouter, type WebSocketDeps } from './websocket.ts'

/** Not to be copied: what a reload of the config changes is asked for each time. */
export type AppDeps = EventsDeps &
  SourcesDeps &
  DeadLettersDeps &
  StreamDeps &
  WebSocketDeps & {
    readonly targets: readonly Target[]
    /** How long what waits for a removed target goes on waiting. */
    readonly removedTargetGraceMs: number
    readonly queues: Queues
    readonly telling: Telling
    readonly registry: Registry
    readonly tracing: Tracing
    readonly logger: Logger
    /** Told of each request that is answered. */
    readonly onAnswered?: (request: AnsweredRequest) => void
    /** Whose `X-Forwarded-For` is believed. */
    readonly trustProxy: TrustedProxies | undefined
    /** Whether it is served over TLS. */
    readonly isSecure: boolean
    /** Whether anybody may do everything. */
    readonly isKeyless: boolean
  }

/** Assembles the application; it listens to nothing yet. */
export function createApp(deps: AppDeps): Express {
  const app = express()
  app.disable('x-powered-by')
  app.disable('etag')
  app.set('query parser', 'simple')
  if (deps.trustProxy !== undefined) app.set('trust proxy', deps.trustProxy)
  app.use(requestLog(deps.logger, deps.onAnswered))
  if (deps.tracing.startRequest !== undefined) app.use(traceRequests(deps.tracing.startRequest))
  app.use(requireHost)
  app.use(securityHeaders(deps.isSecure))
  if (deps.isKeyless) app.use(requireOwnPage(deps.allowedOrigins))

  // First, because events are most of what comes.
  app.use('/v1/events', eventsRouter(deps))
  app.use(streamRouter(deps))
  app.use(webSocketRouter(deps))
  app.use('/v1/sources', sourcesRouter(deps))
  app.use(operateRouter(deps))
  app.use(documentsRouter())
  app.use('/v1/admin', deps.audit)
  app.use('/v1/admin/dead-letters', deadLettersRouter(deps))
  app.use('/v1/admin/replays', replaysRouter(deps))
  app.use('/v1/admin/targets', targetsRouter(deps))

  app.use((request, response) => {
    sendProblem(response, 'route-not-found', { detail: `${request.method} ${request.path}` })
  })
  app.use(answerError(deps.logger))
  return app
}

/** Redis away is 503; a body that could not be read is the caller's; all else is a bug. */
function answerError(logger: Logger): ErrorRequestHandler {
  return (error: unknown, _request, response, next) => {
    if (response.headersSent) {
      next(error)
      return
    }
    if (isStoreUnavailable(error)) {
      sendProblem(response, 'store-unavailable', {
        headers: { 'retry-after': '1' },
        ...(error instanceof TooFewReplicasError ? { detail: error.message } : {}),
      })
      return
    }
    const type = typeof error === 'object' && error !== null && 'type' in error ? String(error.type) : ''
    const detail = error instanceof Error ? error.message : String(error)
    switch (type) {
      case 'entity.too.large':
        sendProblem(response, 'body-too-large')
        return
      case 'encoding.unsupported':
        sendProblem(response, 'unsupported-media-type', { detail })
        return
      case 'request.aborted':
      case 'request.size.invalid':
        sendProblem(response, 'request-aborted', { detail })
        return
      default:
    }
    const status =
      typeof error === 'object' && error !== null && 'status' in error ? Number(error.status) : 500
    if (error instanceof URIError || (status >= 400 && status < 500)) {
      sendProblem(response, error instanceof URIError ? 'route-not-found' : 'malformed-json', { detail })
      return
    }
    logger.error({ err: error, requestId: response.locals['requestId'] as unknown }, 'request failed')
    sendProblem(response, 'internal-error')
  }
}
