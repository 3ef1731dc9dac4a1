/**
 * Ids of traces and spans. The next ones may be named: an attempt is in the trace of its event without being any span's
 * child, and a call is the span that its `traceparent` has already named.
 */
import { randomHex } from '@manifold/runtime'
import type { IdGenerator } from '@opentelemetry/sdk-trace'

export type NextIds = { readonly traceId?: string; readonly spanId?: string | undefined }

export type Ids = {
  readonly generator: IdGenerator
  /** Starts a span under ids that are given. `start` must start exactly one. */
  readonly using: <T>(next: NextIds, start: () => T) => T
}

export function createIds(): Ids {
  let given: NextIds = {}
  return {
    generator: {
      generateTraceId: () => given.traceId ?? randomHex(16),
      generateSpanId: () => given.spanId ?? randomHex(8),
    },
    // Spans are started without a break in between: nobody else can meet what is given here.
    using: (next, start) => {
      given = next
      try {
        return start()
      } finally {
        given = {}
      }
    },
  }
}
