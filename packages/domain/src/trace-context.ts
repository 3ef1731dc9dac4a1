/**
 * W3C Trace Context (level 1): the `traceparent` an event carries from its caller to every target.
 * Only the header's form; spans and exporters are not made here.
 */

const TRACEPARENT = /^00-([0-9a-f]{32})-([0-9a-f]{16})-([0-9a-f]{2})$/

/** The trace a caller's header names, or `undefined` when the header is absent or malformed. */
export function readTraceparent(header: string | undefined): { traceId: string; flags: string } | undefined {
  const match = header === undefined ? null : TRACEPARENT.exec(header)
  const [, traceId, parentId, flags] = match ?? []
  if (traceId === undefined || parentId === undefined || flags === undefined) return undefined
  if (/^0+$/.test(traceId) || /^0+$/.test(parentId)) return undefined
  return { traceId, flags }
}

/**
 * @param traceId 32 lower-case hex digits
 * @param spanId 16 lower-case hex digits, new for each request sent
 */
export function formatTraceparent(traceId: string, spanId: string, flags: string): string {
  return `00-${traceId}-${spanId}-${flags}`
}
