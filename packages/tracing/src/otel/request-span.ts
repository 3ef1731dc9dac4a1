/** The span of a request to the producer: OpenTelemetry's conventions for HTTP servers. */
import { readTraceparent } from '@manifold/domain'
import { SpanKind, SpanStatusCode, type Tracer } from '@opentelemetry/api'
import type { RequestSpan, RequestStart } from '../tracing.ts'
import { methodName, methodOf } from './http-method.ts'
import { childOf, contextOf } from './span-context.ts'

export function startRequest(
  tracer: Tracer,
  { method: sent, path, scheme, traceparent }: RequestStart,
): RequestSpan {
  const caller = readTraceparent(traceparent)
  const method = methodOf(sent)
  const span = tracer.startSpan(
    methodName(method),
    {
      kind: SpanKind.SERVER,
      attributes: { 'http.request.method': method, 'url.path': path, 'url.scheme': scheme },
    },
    childOf(caller),
  )
  return {
    context: contextOf(span.spanContext(), caller),
    isRecorded: span.isRecording(),
    end: ({ route, status, isAborted, eventId, caller: key, requestId, problem }) => {
      if (route !== undefined)
        span.updateName(`${methodName(method)} ${route}`).setAttribute('http.route', route)
      span.setAttribute('http.response.status_code', status)
      if (eventId !== undefined) span.setAttribute('manifold.event_id', eventId)
      if (key !== undefined) span.setAttribute('manifold.caller', key)
      if (requestId !== undefined) span.setAttribute('manifold.request_id', requestId)
      if (problem !== undefined) span.setAttribute('manifold.problem', problem)
      // A refusal is the caller's error, not this span's.
      const failure = status >= 500 ? String(status) : isAborted ? 'aborted' : undefined
      if (failure !== undefined)
        span.setStatus({ code: SpanStatusCode.ERROR }).setAttribute('error.type', failure)
      span.end()
    },
  }
}
