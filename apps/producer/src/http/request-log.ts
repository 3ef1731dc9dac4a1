/**
 * Request ids and the one wide log line per request.
 *
 * Handlers add to the line through `response.locals`: `eventId`, `caller`, `problem`.
 */
import type { IncomingMessage, ServerResponse } from 'node:http'
import { secureRandom, type Logger } from '@manifold/runtime'
import type { RequestHandler } from 'express'
import { pinoHttp } from 'pino-http'
import { ulid } from 'ulid'

/** What we take as a request id from a caller; anything else is replaced. */
const REQUEST_ID = /^[A-Za-z0-9._~-]{1,128}$/

const QUIET = new Set(['/livez', '/readyz', '/metrics'])

/** The first handler of all: gives each request its id, and logs it when it is answered. */
export function requestLog(logger: Logger): RequestHandler {
  const log = pinoHttp({
    logger,
    genReqId: (request, response) => {
      const given = request.headers['x-request-id']
      const id = typeof given === 'string' && REQUEST_ID.test(given) ? given : ulid(undefined, secureRandom)
      response.setHeader('x-request-id', id)
      return id
    },
    autoLogging: { ignore: (request) => QUIET.has(pathOf(request)) },
    customAttributeKeys: { responseTime: 'durationMs' },
    serializers: { req: () => undefined, res: () => undefined },
    customLogLevel: (_request, response, error) =>
      response.statusCode >= 500 || error !== undefined
        ? 'error'
        : response.statusCode >= 400
          ? 'warn'
          : 'info',
    customSuccessMessage: (request, response) => line(request, response),
    customErrorMessage: (request, response) => line(request, response),
    customSuccessObject: (request, response, { durationMs }: { durationMs: number }) => ({
      ...fields(request, response),
      durationMs,
    }),
    customErrorObject: (request, response, _error, { durationMs }: { durationMs: number }) => ({
      ...fields(request, response),
      durationMs,
    }),
  })
  return (request, response, next) => {
    log(request, response)
    response.locals['requestId'] = request.id
    next()
  }
}

function fields(request: IncomingMessage, response: ServerResponse): Record<string, unknown> {
  const locals = 'locals' in response ? (response.locals as Record<string, unknown>) : {}
  return {
    requestId: request.id,
    method: request.method,
    path: pathOf(request),
    status: response.statusCode,
    caller: locals['caller'],
    eventId: locals['eventId'],
    problem: locals['problem'],
  }
}

function line(request: IncomingMessage, response: ServerResponse): string {
  return `${request.method ?? ''} ${pathOf(request)} ${String(response.statusCode)}`
}

/** Without the query: filters are not what a log line is searched by. */
function pathOf(request: IncomingMessage): string {
  const url = 'originalUrl' in request ? String(request.originalUrl) : (request.url ?? '')
  const query = url.indexOf('?')
  return query === -1 ? url : url.slice(0, query)
}
