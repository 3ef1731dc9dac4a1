/**
 * The trace of a request: its span, where requests are recorded, what its events are accepted under, and what its log line says.
 *
 * Handlers add to the line through `response.locals`: `traceId`, that of the event it was about.
 */
import { formatTraceparent, readTraceparent, type SpanContext } from '@manifold/domain'
import type { RequestSpan, Tracing } from '@manifold/tracing'
import type { Request, RequestHandler, Response } from 'express'
import type { AcceptRequest } from '../accept-event.ts'
import { WEB_SOCKET_PATH } from '../websocket/upgrade.ts'
import { isQuiet, pathOf } from './request-path.ts'

/** Records each request but the probes, and those that last as long as somebody listens. */
export function traceRequests(start: NonNullable<Tracing['startRequest']>): RequestHandler {
  return (request, response, next) => {
    const path = pathOf(request)
    if (isQuiet(path) || path === WEB_SOCKET_PATH || path.endsWith('/stream')) {
      next()
      return
    }
    const span = start({
      method: request.method,
      path,
      // As its caller wrote it, where a proxy that is believed says so.
      scheme: request.secure ? 'https' : 'http',
      traceparent: request.get('traceparent'),
    })
    response.locals['span'] = span
    response.once('close', () => {
      const { locals } = response
      span.end({
        route: routeOf(request),
        status: response.statusCode,
        isAborted: !response.writableFinished,
        eventId: textOf(locals['eventId']),
        caller: textOf(locals['caller']),
        requestId: textOf(locals['requestId']),
        problem: textOf(locals['problem']),
      })
    })
    next()
  }
}

/** The span of a request, where it is recorded. */
export function recordedSpan(response: Response): SpanContext | undefined {
  const span = spanOf(response)
  return span?.isRecorded === true ? span.context : undefined
}

/** What the events of a request are accepted under: its own span, or the caller's. */
export function traceparentOf(request: Request, response: Response): string | undefined {
  const context = spanOf(response)?.context
  return context === undefined
    ? request.get('traceparent')
    : formatTraceparent(context.traceId, context.spanId, context.flags)
}

/**
 * The items of a batch are in its caller's trace, if there is one. Otherwise each has a trace of its own, linked to the
 * request: a trace of ten thousand events can be read by nobody.
 */
export function traceOfItems(
  request: Request,
  response: Response,
): Pick<AcceptRequest, 'traceparent' | 'askedBy'> {
  if (readTraceparent(request.get('traceparent')) !== undefined)
    return { traceparent: traceparentOf(request, response) }
  return { traceparent: undefined, askedBy: recordedSpan(response) }
}

/** What a log line about a request says of its trace. */
export function traceFields(request: Request, response: Response): { traceId?: unknown; spanId?: string } {
  const span = spanOf(response)
  if (span !== undefined)
    return span.isRecorded
      ? { traceId: span.context.traceId, spanId: span.context.spanId }
      : { traceId: span.context.traceId }
  return { traceId: readTraceparent(request.get('traceparent'))?.traceId ?? response.locals['traceId'] }
}

function spanOf(response: Response): RequestSpan | undefined {
  return response.locals['span'] as RequestSpan | undefined
}

/** The pattern of the path, if the request met a route. */
function routeOf({ baseUrl, route }: Request): string | undefined {
  const path: unknown = (route as { path?: unknown } | undefined)?.path
  if (typeof path !== 'string') return undefined
  return path === '/' && baseUrl !== '' ? baseUrl : `${baseUrl}${path}`
}

function textOf(value: unknown): string | undefined {
  return typeof value === 'string' ? value : undefined
}
