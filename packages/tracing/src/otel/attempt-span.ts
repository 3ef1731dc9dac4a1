/**
 * The span of an attempt, and of the call of the target's API in it.
 *
 * The event may have waited for days: so an attempt is no child of the span that published it, but linked to it, in the
 * same trace.
 */
import { deliveryId, readTraceparent, type DeliveryRef } from '@manifold/domain'
import {
  ROOT_CONTEXT,
  SpanKind,
  SpanStatusCode,
  trace,
  type Attributes,
  type Context,
  type Link,
  type Span,
  type Tracer,
} from '@opentelemetry/api'
import { NO_ATTEMPT } from '../no-tracing.ts'
import type { AttemptSpan, AttemptStart, CallSpan, CallStart } from '../tracing.ts'
import { methodName, methodOf } from './http-method.ts'
import type { Ids } from './ids.ts'
import { causedBy } from './sampling.ts'
import { linkTo } from './span-context.ts'

export type AttemptSpanDeps = { readonly tracer: Tracer; readonly ids: Ids }

export function startAttempt(deps: AttemptSpanDeps, ref: DeliveryRef, claim: AttemptStart): AttemptSpan {
  const { traceId } = claim.trace
  const span = deps.ids.using({ traceId }, () =>
    deps.tracer.startSpan(
      `deliver ${ref.target}`,
      { kind: SpanKind.CONSUMER, attributes: attributesOf(ref, claim), links: linksOf(claim) },
      causedBy(claim.trace),
    ),
  )
  if (!span.isRecording()) return NO_ATTEMPT
  const context = trace.setSpan(ROOT_CONTEXT, span)
  return {
    spanId: span.spanContext().spanId,
    startCall: (request) => startCall(deps, context, request),
    end: (attempt, settlement) => {
      if (attempt === undefined || settlement === undefined)
        span.setAttribute('manifold.outcome', 'interrupted')
      else {
        span.setAttribute('manifold.outcome', attempt.outcome)
        span.setAttribute('manifold.reason', attempt.reason)
        span.setAttribute('manifold.settlement', settlement.kind)
        if (settlement.kind === 'dead') span.setAttribute('manifold.dead_reason', settlement.reason)
        if (attempt.outcome !== 'delivered') fail(span, attempt.reason)
      }
      span.end()
    },
  }
}

function attributesOf(ref: DeliveryRef, { event, attempts, ageMs }: AttemptStart): Attributes {
  return {
    'messaging.system': 'manifold',
    'messaging.operation.name': 'deliver',
    'messaging.operation.type': 'process',
    'messaging.destination.name': ref.target,
    'messaging.message.id': ref.eventId,
    'manifold.event_id': ref.eventId,
    'manifold.event_type': event.type,
    'manifold.delivery_id': deliveryId(ref.eventId, ref.target),
    'manifold.target': ref.target,
    'manifold.generation': ref.generation,
    'manifold.attempt': attempts + 1,
    'manifold.age_ms': ageMs,
  }
}

function linksOf({ trace: { traceId, spanId }, replayedBy }: AttemptStart): Link[] {
  const links: Link[] = []
  if (spanId !== undefined) links.push(linkTo({ traceId, spanId }, 'publish'))
  if (replayedBy !== undefined) links.push(linkTo(replayedBy, 'replay'))
  return links
}

/** Where it goes is told without path and query: of many APIs they are the secret. */
function startCall({ tracer, ids }: AttemptSpanDeps, parent: Context, request: CallStart): CallSpan {
  const method = methodOf(request.method)
  const { protocol, hostname, port } = new URL(request.url)
  const spanId = readTraceparent(request.headers['traceparent'])?.spanId
  const span = ids.using({ spanId }, () =>
    tracer.startSpan(
      methodName(method),
      {
        kind: SpanKind.CLIENT,
        attributes: {
          'http.request.method': method,
          'url.scheme': protocol.slice(0, -1),
          'server.address': hostname,
          'server.port': port === '' ? (protocol === 'https:' ? 443 : 80) : Number(port),
        },
      },
      parent,
    ),
  )
  return {
    end: (result) => {
      if (result.kind === 'answered') {
        const { status } = result.response
        span.setAttribute('http.response.status_code', status)
        if (status >= 400) fail(span, String(status))
      } else fail(span, result.kind === 'failed' ? result.reason : 'blocked')
      span.end()
    },
  }
}

function fail(span: Span, type: string): void {
  span.setStatus({ code: SpanStatusCode.ERROR }).setAttribute('error.type', type)
}
