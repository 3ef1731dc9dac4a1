/** Dead without cause: a dead letter whose reason nothing in the receiver's log, the attempts or the clock bears out. */
import type { Case, Evidence } from '../evidence.ts'
import type { Finding } from '../finding.ts'
import type { Policy } from '../policy.ts'
import type { AttemptSeen, DeliverySeen } from '../snapshot.ts'
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
  const answered = one.requests.map(({ status }) => status).filter((status) => status !== null)
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
      const ageMs = (diedAtMs ?? 0) - generationStartMs(one, delivery.generation, evidence)
      return ageMs + CLOCK_MS >= leastAgeMs(evidence.policy)
        ? undefined
        : `it was only ${String(ageMs)} ms old`
    }
    case 'blocked': {
      const isMeant = evidence.windows.some(
        ({ kills, fromMs, untilMs }) =>
          kills === 'blocked' && diedAtMs !== undefined && diedAtMs >= fromMs && diedAtMs <= untilMs,
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

/** A last attempt comes shortly before the end: a delivery may die that much earlier. */
function leastAgeMs({ retry }: Policy): number {
  return retry.maxAgeMs - Math.min(5_000, retry.maxAgeMs / 10)
}
