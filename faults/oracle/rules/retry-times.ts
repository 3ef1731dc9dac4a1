/**
 * Retry times: no retry before `Retry-After` is over; none later than the longest back-off and what a takeover may take.
 *
 * Full jitter begins at 0, so that without a `Retry-After` no wait is too short. Times are the receiver's.
 */
import type { Case, Evidence } from '../evidence.ts'
import type { Finding } from '../finding.ts'
import { TAKEOVER_MARGIN_MS } from '../policy.ts'
import type { RequestLine } from '../receiver-log.ts'
import { disturbedMs, mayBeUnrecorded } from '../windows.ts'
import { beganBetween } from './generations.ts'

/** A date in `Retry-After` is whole seconds, and the clocks of two processes are read at different moments. */
const EARLY_MS = 20

export function findBadRetryTimes(evidence: Evidence): Finding[] {
  return evidence.cases.flatMap((one) =>
    one.requests.slice(1).flatMap((next, index) => {
      const before = one.requests[index]
      return before === undefined ? [] : judge(one, before, next, evidence)
    }),
  )
}

function judge(one: Case, before: RequestLine, next: RequestLine, evidence: Evidence): Finding[] {
  const gapMs = next.atMs - before.endedMs
  if (gapMs < 0 || beganBetween(one, before.endedMs, next.atMs)) return []
  const askedMs = before.retryAfterMs ?? 0
  const leastMs = Math.min(askedMs, untilLastAttemptMs(one, before, evidence))
  // What the target said may have been lost with a worker.
  if (gapMs + EARLY_MS < leastMs && !mayBeUnrecorded(before, evidence)) {
    const detail = `${String(gapMs)} ms after an answer that asked for ${String(askedMs)} ms`
    return [{ kind: 'retried-too-early', subject: one.id, detail }]
  }
  const { policy, windows } = evidence
  const mostMs =
    Math.max(policy.retry.maxDelayMs, askedMs) +
    policy.timeoutMs +
    TAKEOVER_MARGIN_MS +
    disturbedMs(before.endedMs, next.atMs, windows)
  if (gapMs <= mostMs) return []
  const detail = `${String(gapMs)} ms after the request before; at most ${String(mostMs)} ms are explained`
  return [{ kind: 'retried-too-late', subject: one.id, detail }]
}

/** A wait is cut so that there is a last attempt shortly before the delivery is too old. */
function untilLastAttemptMs(one: Case, { endedMs }: RequestLine, { policy }: Evidence): number {
  const { maxAgeMs } = policy.retry
  const acceptedAtMs = one.event?.acceptedAtMs ?? one.promised.atMs
  return acceptedAtMs + maxAgeMs - Math.min(5_000, maxAgeMs / 10) - endedMs
}
