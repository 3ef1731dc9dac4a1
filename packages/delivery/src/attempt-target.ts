/** One attempt at a target, whatever its kind: an API is called over HTTP, a function here. */
import { deliveryId, formatTraceparent, type FunctionTarget, type Target } from '@manifold/domain'
import {
  attemptHttp,
  type AttemptDeps,
  type Attempted,
  type AttemptObserver,
  type AttemptRef,
  type ToDeliver,
} from './attempt-http.ts'
import { callHandler } from './call-handler.ts'
import type { Deadline } from './deadline.ts'

/**
 * Never rejects, but for a bug.
 * @param deadline covers every stage; whoever started it ends it
 */
export function attemptTarget(
  deps: AttemptDeps,
  target: Target,
  ref: AttemptRef,
  toDeliver: ToDeliver,
  deadline: Deadline,
  observer: AttemptObserver,
): Promise<Attempted> {
  return target.kind === 'http'
    ? attemptHttp(deps, target, ref, toDeliver, deadline, observer)
    : attemptFunction(deps, target, ref, toDeliver, deadline, observer)
}

/** Whether the attempt came to nothing because it was stopped: neither delivered, nor decided by an answer. */
export function wasInterrupted({ outcome, response }: Attempted, deadline: Deadline): boolean {
  return outcome.kind !== 'delivered' && response === undefined && deadline.over() === 'stopping'
}

async function attemptFunction(
  { client, randomHex, handlerLogger: logger }: AttemptDeps,
  target: FunctionTarget,
  { eventId, target: name }: AttemptRef,
  { event, trace, attempts }: ToDeliver,
  deadline: Deadline,
  { spanId = randomHex(8) }: AttemptObserver,
): Promise<Attempted> {
  const context = {
    attempt: attempts + 1,
    deliveryId: deliveryId(eventId, name),
    signal: deadline.signal(),
    fetch: client.fetchWithin(deadline),
    traceparent: formatTraceparent(trace.traceId, spanId, trace.flags),
    logger,
  }
  const { outcome, error } = await callHandler(target, event, context, deadline)
  return { outcome, error, response: undefined, lastCall: undefined }
}
