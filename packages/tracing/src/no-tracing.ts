/** Nothing is traced: events carry the trace of their caller, or one of their own, and that is all. */
import { readTraceparent, type EventTrace } from '@manifold/domain'
import { randomHex } from '@manifold/runtime'
import type { AttemptSpan, CallSpan, Tracing } from './tracing.ts'

const NO_CALL: CallSpan = { end: () => undefined }

/** An attempt that is not recorded. */
export const NO_ATTEMPT: AttemptSpan = {
  spanId: undefined,
  startCall: () => NO_CALL,
  end: () => undefined,
}

const SAMPLED = '01'

/** What is used unless tracing is turned on. */
export const NO_TRACING: Tracing = {
  startRequest: undefined,
  startPublish: ({ traceparent }) => ({ trace: traceOf(traceparent), end: nothing }),
  startAttempt: () => NO_ATTEMPT,
  close: () => Promise.resolve(),
}

function nothing(): void {
  // There is no span to end.
}

function traceOf(traceparent: string | undefined): EventTrace {
  const caller = readTraceparent(traceparent)
  return caller === undefined
    ? { traceId: randomHex(16), flags: SAMPLED }
    : { traceId: caller.traceId, flags: caller.flags }
}
