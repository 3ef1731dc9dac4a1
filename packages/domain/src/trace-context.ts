/**
 * W3C Trace Context (level 1): the `traceparent` an event carries from its caller to every target.
 * Only the header's form; spans and exporters are not made here.
 */

const TRACEPARENT = /^00-([0-9a-f]{32})-([0-9a-f]{16})-([0-9a-f]{2})$/

/** A place in a trace. */
export type SpanContext = {
  /** 32 lower-case hex digits */
  readonly traceId: string
  /** 16 lower-case hex digits */
  readonly spanId: string
  /** 2 hex digits; the lowest bit says that the trace is sampled */
  readonly flags: string
}

/** What an event carries: its trace, and the span it was published in, where one was recorded. */
export type EventTrace = Pick<SpanContext, 'traceId' | 'flags'> & { readonly spanId?: string | undefined }

/** The span a caller's header names, or `undefined` when the header is absent or malformed. */
export function readTraceparent(header: string | undefined): SpanContext | undefined {
  const match = header === undefined ? null : TRACEPARENT.exec(header)
  const [, traceId, spanId, flags] = match ?? []
  if (traceId === undefined || spanId === undefined || flags === undefined) return undefined
  if (/^0+$/.test(traceId) || /^0+$/.test(spanId)) return undefined
  return { traceId, spanId, flags }
}

/**
 * @param traceId 32 lower-case hex digits
 * @param spanId 16 lower-case hex digits, new for each request sent
 */
export function formatTraceparent(traceId: string, spanId: string, flags: string): string {
  return `00-${traceId}-${spanId}-${flags}`
}

/** The same trace, another span. @param traceparent one that `formatTraceparent` wrote */
export function withSpanId(traceparent: string, spanId: string): string {
  const [version = '', traceId = '', , flags = ''] = traceparent.split('-')
  return [version, traceId, spanId, flags].join('-')
}
