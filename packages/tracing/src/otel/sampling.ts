/**
 * Which traces are recorded: the standard samplers. A span that is linked to what caused it instead of being its child is
 * judged as if it were its child, so that producer and workers agree.
 */
import type { TracingSettings } from '@manifold/config'
import type { EventTrace } from '@manifold/domain'
import { randomHex } from '@manifold/runtime'
import { createContextKey, ROOT_CONTEXT, trace, TraceFlags, type Context } from '@opentelemetry/api'
import {
  AlwaysOffSampler,
  AlwaysOnSampler,
  ParentBasedSampler,
  TraceIdRatioBasedSampler,
  type Sampler,
} from '@opentelemetry/sdk-trace'

const CAUSE = createContextKey('manifold cause')

/** A context without a parent, in which a span is sampled as the event's trace is. */
export function causedBy({ traceId, flags, spanId }: EventTrace): Context {
  return ROOT_CONTEXT.setValue(
    CAUSE,
    // Samplers look at the trace and the flags of a parent, and that it is a valid one.
    trace.setSpanContext(ROOT_CONTEXT, {
      traceId,
      spanId: spanId ?? randomHex(8),
      traceFlags: isSampled(flags) ? TraceFlags.SAMPLED : TraceFlags.NONE,
      isRemote: true,
    }),
  )
}

/** The lowest bit of the flags. */
export function isSampled(flags: string): boolean {
  return (Number.parseInt(flags, 16) & TraceFlags.SAMPLED) !== 0
}

export function createSampler({ kind, ratio }: TracingSettings['sampler']): Sampler {
  const sampler = standardSampler(kind, ratio)
  return {
    shouldSample: (context, ...span) => {
      const cause = context.getValue(CAUSE) as Context | undefined
      return sampler.shouldSample(cause ?? context, ...span)
    },
    toString: () => sampler.toString(),
  }
}

function standardSampler(kind: TracingSettings['sampler']['kind'], ratio: number): Sampler {
  switch (kind) {
    case 'always_on':
      return new AlwaysOnSampler()
    case 'always_off':
      return new AlwaysOffSampler()
    case 'traceidratio':
      return new TraceIdRatioBasedSampler(ratio)
    case 'parentbased_always_on':
      return new ParentBasedSampler({ root: new AlwaysOnSampler() })
    case 'parentbased_always_off':
      return new ParentBasedSampler({ root: new AlwaysOffSampler() })
    case 'parentbased_traceidratio':
      return new ParentBasedSampler({ root: new TraceIdRatioBasedSampler(ratio) })
    default:
      return kind satisfies never
  }
}
