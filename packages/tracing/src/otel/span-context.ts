/** Between `traceparent` and what OpenTelemetry calls a span context. */
import type { SpanContext } from '@manifold/domain'
import {
  ROOT_CONTEXT,
  trace,
  TraceFlags,
  type Context,
  type Link,
  type SpanContext as OtelContext,
} from '@opentelemetry/api'
import { isSampled } from './sampling.ts'

/** A context with a parent, if there is one. */
export function childOf(parent: SpanContext | undefined): Context {
  if (parent === undefined) return ROOT_CONTEXT
  const { traceId, spanId, flags } = parent
  const traceFlags = isSampled(flags) ? TraceFlags.SAMPLED : TraceFlags.NONE
  return trace.setSpanContext(ROOT_CONTEXT, { traceId, spanId, traceFlags, isRemote: true })
}

/** @param parent whose other flags are passed on as they are: they say something about the trace id */
export function contextOf(span: OtelContext, parent: SpanContext | undefined): SpanContext {
  const others = parent === undefined ? 0 : Number.parseInt(parent.flags, 16) & ~TraceFlags.SAMPLED
  const flags = (others | span.traceFlags).toString(16).padStart(2, '0')
  return { traceId: span.traceId, spanId: span.spanId, flags }
}

/** Only spans that were recorded are linked to. */
export function linkTo({ traceId, spanId }: Pick<SpanContext, 'traceId' | 'spanId'>, why: string): Link {
  return {
    context: { traceId, spanId, traceFlags: TraceFlags.SAMPLED, isRemote: true },
    attributes: { 'manifold.link': why },
  }
}
