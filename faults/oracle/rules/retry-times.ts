/**
 * Retry times: no retry before `Retry-After` is over; none later than the longest back-off, what its target was busy, and what
 * was disturbed. Only where something was disturbed may a takeover be in it, too.
 *
 * Full jitter begins at 0, so that without a `Retry-After` no wait is too short. Times are the receiver's.
 */
import type { Case, Evidence } from '../evidence.ts'
import type { Finding } from '../finding.ts'
import { marginMs } from '../policy.ts'
import type { RequestLine } from '../receiver-log.ts'
import { coveredMs, type Stretch } from '../stretches.ts'
import { holdUps, isDisturbed, isStarved, mayBeUnrecorded, standstills } from '../windows.ts'
import { busyTargets } from './busy-targets.ts'
import { beganBetween } from './generations.ts'

/** A date in `Retry-After` is whole seconds, and the clocks of two processes are read at different moments. */
const EARLY_MS = 20

export function findBadRetryTimes(evidence: Evidence): Finding[] {
  const busy = busyTargets(evidence)
  const stood = standstills(evidence.windows)
  return evidence.cases.flatMap((one) => {
    const held = holdUps(evidence.windows, one.target)
    const explained = [...held, ...stood, ...(busy.get(one.target) ?? [])]
    return one.requests.slice(1).flatMap((next, index) => {
      const before = one.requests[index]
      if (before === undefined || next.atMs < before.endedMs) return []
      if (beganBetween(one, before.endedMs, next.atMs)) return []
      return [
        ...early(one, before, next, evidence),
        ...late(one, before, next, { evidence, held, stood, explained }),
      ]
    })
  })
}

function early(one: Case, before: RequestLine, next: RequestLine, evidence: Evidence): Finding[] {
  const gapMs = next.atMs - before.endedMs
  const askedMs = before.retryAfterMs ?? 0
  const leastMs = Math.min(askedMs, untilLastAttemptMs(one, before, evidence))
  // What the target said may have been lost with a worker.
  if (gapMs + EARLY_MS >= leastMs || mayBeUnrecorded(before, evidence)) return []
  const detail = `${String(gapMs)} ms after an answer that asked for ${String(askedMs)} ms`
  return [{ kind: 'retried-too-early', subject: one.id, detail }]
}

type Late = {
  readonly evidence: Evidence
  readonly held: readonly Stretch[]
  readonly stood: readonly Stretch[]
  readonly explained: readonly Stretch[]
}

/** Between two requests there may have been tries that did not reach the receiver: each is waited for by itself. */
function late(
  one: Case,
  before: RequestLine,
  next: RequestLine,
  { evidence, held, stood, explained }: Late,
): Finding[] {
  const { policy } = evidence
  const unseen = (one.delivery?.attemptList ?? [])
    .filter(({ httpStatus, atMs }) => httpStatus === null && atMs > before.endedMs && atMs < next.atMs)
    .map(({ atMs, durationMs }) => ({ atMs, endedMs: atMs + durationMs, retryAfterMs: null }))
  const tries = [before, ...unseen.toSorted((a, b) => a.atMs - b.atMs), next]
  return tries.slice(1).flatMap((later, index): Finding[] => {
    const earlier = tries[index]
    if (earlier === undefined) return []
    const [fromMs, untilMs] = [earlier.endedMs, later.atMs]
    const waitMs = Math.max(policy.retry.maxDelayMs, earlier.retryAfterMs ?? 0)
    if (untilMs - fromMs <= waitMs) return []
    const mostMs =
      waitMs +
      marginMs(policy, isDisturbed(fromMs, untilMs, held) || isStarved(fromMs, untilMs, stood)) +
      coveredMs(fromMs, untilMs, explained)
    if (untilMs - fromMs <= mostMs) return []
    const detail = `${String(untilMs - fromMs)} ms after the try before; at most ${String(mostMs)} ms are explained`
    return [{ kind: 'retried-too-late', subject: one.id, detail }]
  })
}

/** A wait is cut so that there is a last attempt shortly before the delivery is too old. */
function untilLastAttemptMs(one: Case, { endedMs }: RequestLine, { policy }: Evidence): number {
  const { maxAgeMs } = policy.retry
  const acceptedAtMs = one.event?.acceptedAtMs ?? one.promised.atMs
  return acceptedAtMs + maxAgeMs - Math.min(5_000, maxAgeMs / 10) - endedMs
}
