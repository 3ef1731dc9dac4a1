/** Dead without cause: a dead letter whose reason nothing in the receiver's log, the attempts or the clock bears out. */
import type { Case, Evidence } from '../evidence.ts'
import type { Finding } from '../finding.ts'
import type { Policy } from '../policy.ts'
import type { AttemptSeen, DeliverySeen } from '../snapshot.ts'
import { RECOVERY_MS } from '../windows.ts'
import { generationStartMs } from './generations.ts'

/** What Manifold retries, and so never rejects at once. */
const RETRYABLE = new Set([408, 425, 429])

/** Between the attempt's end and the moment the record calls it dead; clocks are whole milliseconds. */
const CLOCK_MS = 5

export function findDeadWithoutCause(evidence: Evidence): Finding[] {
  const diedAtMs = new Map(evidence.snapshot.deadLetters.map((letter) => [letter.id, letter.diedAtMs]))
  return evidence.cases.flatMap((one): Finding[] => {
    const { id, delivery } = one
    if (delivery?.status !== 'dead') return []
    const own = delivery.attemptList.filter(({ generation }) => generation === delivery.generation)
    const missing = missingCause(one, delivery, own, diedAtMs.get(id), evidence)
    return missing === undefined
      ? []
      : [{ kind: 'dead-without-cause', subject: id, detail: `${String(delivery.reason)}, but ${missing}` }]
  })
}

function missingCause(
  one: Case,
  delivery: DeliverySeen,
  attempts: readonly AttemptSeen[],
  diedAtMs: number | undefined,
  evidence: Evidence,
): string | undefined {
  const { retry } = evidence.policy
  const bornMs = generationStartMs(one, delivery.generation)
  // What an earlier life came to is no cause for this one's end.
  const own =
    delivery.generation === 1 ? one.requests : one.requests.filter(({ atMs }) => atMs + CLOCK_MS >= bornMs)
  const answered = own.map(({ status }) => status).filter((status) => status !== null)
  switch (delivery.reason) {
    case 'exhausted': {
      const spent = attempts.filter(({ outcome }) => outcome !== 'throttled').length
      return spent >= retry.maxAttempts ? undefined : `only ${String(spent)} attempts were spent`
    }
    case 'rejected':
      return answered.some(isRefusal) ? undefined : 'the receiver never refused it'
    case 'gone':
      return answered.includes(410) ? undefined : 'the receiver never answered 410'
    case 'expired': {
      const ageMs = (diedAtMs ?? 0) - bornMs
      if (ageMs + CLOCK_MS >= retry.maxAgeMs) return undefined
      const lastMs = lastAttemptMs(evidence.policy)
      const ends = [
        ...own.map(({ endedMs }) => endedMs),
        ...attempts.map(({ atMs, durationMs }) => atMs + durationMs),
      ]
      const wasLast = ageMs + CLOCK_MS >= lastMs && ends.some((ms) => ms - bornMs + CLOCK_MS >= lastMs)
      return wasLast ? undefined : `it was only ${String(ageMs)} ms old`
    }
    case 'blocked': {
      const isMeant = evidence.windows.some(
        ({ kills, fromMs, untilMs }) =>
          kills === 'blocked' &&
          diedAtMs !== undefined &&
          diedAtMs >= fromMs &&
          diedAtMs <= untilMs + RECOVERY_MS,
      )
      return isMeant ? undefined : 'its target was at no forbidden address'
    }
    case null:
    default:
      return 'nothing in this run can cause that'
  }
}

function isRefusal(status: number): boolean {
  return status >= 300 && status < 500 && !RETRYABLE.has(status)
}

/** A wait is cut so that there is a last attempt at this age: what fails from then on is not as old as it might be. */
function lastAttemptMs({ retry }: Policy): number {
  return retry.maxAgeMs - Math.min(5_000, retry.maxAgeMs / 10)
}
