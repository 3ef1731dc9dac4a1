/** The span in which an event is made durable: what its attempts are linked to. OpenTelemetry's conventions for messaging. */
import { readTraceparent } from '@manifold/domain'
import { SpanKind, SpanStatusCode, type Tracer } from '@opentelemetry/api'
import type { PublishSpan, PublishStart } from '../tracing.ts'
import { childOf, contextOf, linkTo } from './span-context.ts'

export function startPublish(
  tracer: Tracer,
  { eventId, eventType, targetCount, traceparent, askedBy }: PublishStart,
): PublishSpan {
  const parent = readTraceparent(traceparent)
  const span = tracer.startSpan(
    `publish ${eventType}`,
    {
      kind: SpanKind.PRODUCER,
      attributes: {
        'messaging.system': 'manifold',
        'messaging.operation.name': 'publish',
        'messaging.operation.type': 'send',
        'messaging.destination.name': eventType,
        'messaging.message.id': eventId,
        'manifold.event_id': eventId,
        'manifold.targets': targetCount,
      },
      links: askedBy === undefined ? [] : [linkTo(askedBy, 'request')],
    },
    childOf(parent),
  )
  const { traceId, flags, spanId } = contextOf(span.spanContext(), parent)
  return {
    trace: span.isRecording() ? { traceId, flags, spanId } : { traceId, flags },
    end: (kind, error) => {
      span.setAttribute('manifold.accept', kind)
      if (error !== undefined)
        span.setStatus({ code: SpanStatusCode.ERROR }).setAttribute('error.type', errorType(error))
      span.end()
    },
  }
}

/** Its class: a message may hold anything. */
function errorType(error: unknown): string {
  return error instanceof Error ? error.name : typeof error
}
