/**
 * Request ids and the one wide log line per request.
 *
 * Handlers add to the line through `response.locals`: `eventId`, `caller`, `problem`, and
 * `batch`: what became of the items.
 */
import { secureRandom, type Logger } from '@manifold/runtime'
import type { Request, RequestHandler, Response } from 'express'
import { ulid } from 'ulid'
import type { AnsweredRequest } from '../producer-metrics.ts'
import { isQuiet, pathOf } from './request-path.ts'
import { traceFields } from './request-trace.ts'

/** What we take as a request id from a caller; anything else is replaced. */
const REQUEST_ID = /^[A-Za-z0-9._~-]{1,128}$/

/**
 * The first handler of all: gives each request its id, and logs it when it is answered, or its caller has gone.
 * @param onAnswered told of each that is logged
 */
export function requestLog(
  logger: Logger,
  onAnswered: (request: AnsweredRequest) => void = () => undefined,
): RequestHandler {
  return (request, response, next) => {
    const startedAtMs = performance.now()
    const requestId = requestIdOf(request)
    response.setHeader('x-request-id', requestId)
    response.locals['requestId'] = requestId
    const path = pathOf(request)
    if (!isQuiet(path)) {
      response.once('close', () => {
        const durationMs = performance.now() - startedAtMs
        logRequest(logger, request, response, path, Math.round(durationMs))
        onAnswered({ method: request.method, path, status: response.statusCode, durationMs })
      })
    }
    next()
  }
}

function requestIdOf(request: Request): string {
  const given = request.headers['x-request-id']
  return typeof given === 'string' && REQUEST_ID.test(given) ? given : ulid(undefined, secureRandom)
}

function logRequest(
  logger: Logger,
  request: Request,
  response: Response,
  path: string,
  durationMs: number,
): void {
  const { locals } = response
  writeRequestLine(logger, {
    requestId: locals['requestId'],
    method: request.method,
    path,
    status: response.statusCode,
    caller: locals['caller'],
    eventId: locals['eventId'],
    ...traceFields(request, response),
    batch: locals['batch'],
    problem: locals['problem'],
    durationMs,
  })
}

/** What the line says; `undefined` leaves a field out. */
export type RequestLine = {
  readonly requestId: unknown
  readonly method: string
  readonly path: string
  readonly status: number
  readonly caller: unknown
  readonly eventId: unknown
  readonly traceId?: unknown
  readonly spanId?: string
  readonly batch?: unknown
  readonly problem: unknown
  readonly durationMs: number
}

/** Writes the line, as loud as its status is bad. */
export function writeRequestLine(logger: Logger, line: RequestLine): void {
  const { method, path, status } = line
  const message = `${method} ${path} ${String(status)}`
  if (status >= 500) logger.error(line, message)
  else if (status >= 400) logger.warn(line, message)
  else logger.info(line, message)
}
