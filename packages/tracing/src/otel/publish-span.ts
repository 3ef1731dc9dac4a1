/** The span in which an event is made durable: what its attempts are linked to. OpenTelemetry's conventions for messaging. */
import { readTraceparent } from '@manifold/domain'
import { SpanKind, SpanStatusCode, type Tracer } from '@opentelemetry/api'
import type { PublishSpan, PublishStart } from '../tracing.ts'
import { childOf, contextOf, linkTo } from './span-context.ts'

export function startPublish(
  tracer: Tracer,
  { eventType, targetCount, traceparent, askedBy }: PublishStart,
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
        'manifold.targets': targetCount,
      },
      links: askedBy === undefined ? [] : [linkTo(askedBy, 'request')],
    },
    childOf(parent),
  )
  const { traceId, flags, spanId } = contextOf(span.spanContext(), parent)
  return {
    trace: span.isRecording() ? { traceId, flags, spanId } : { traceId, flags },
    end: (result) => {
      span.setAttribute('manifold.accept', result.kind)
      if (result.kind === 'failed')
        span.setStatus({ code: SpanStatusCode.ERROR }).setAttribute('error.type', errorType(result.error))
      else {
        const { eventId } = result
        span.setAttributes({ 'messaging.message.id': eventId, 'manifold.event_id': eventId })
      }
      span.end()
    },
  }
}

/** Its class: a message may hold anything. */
function errorType(error: unknown): string {
  return error instanceof Error ? error.name : typeof error
}
