/** Limits: no more attempts in one life than the policy allows, and none when the delivery is too old. */
import type { Case, Evidence } from '../evidence.ts'
import type { Finding } from '../finding.ts'
import { ARRIVAL_MS, disturbedMs, mayBeUncounted } from '../windows.ts'

/** What these answer may be a throttling, which costs no attempt. */
const THROTTLING = new Set([429, 503])

export function findBeyondLimits(evidence: Evidence): Finding[] {
  return evidence.cases.flatMap((one) => [...tooOften(one, evidence), ...tooOld(one, evidence)])
}

function tooOften({ id, delivery, requests }: Case, evidence: Evidence): Finding[] {
  const { maxAttempts } = evidence.policy.retry
  const found = (detail: string): Finding => ({ kind: 'tried-too-often', subject: id, detail })
  const spent = (delivery?.attemptList ?? []).filter(({ outcome }) => outcome !== 'throttled')
  const recorded = [...Map.groupBy(spent, ({ generation }) => generation)]
    .map(([generation, own]) => ({ generation, count: untilDelivered(own).length }))
    .filter(({ count }) => count > maxAttempts)
    .map(({ generation, count }) =>
      found(`${String(count)} attempts recorded in generation ${String(generation)}`),
    )
  const most = maxAttempts * (delivery?.generation ?? 1)
  const sure = requests.filter(
    (request) => !THROTTLING.has(request.status ?? 0) && !mayBeUncounted(request, evidence),
  )
  return sure.length > most
    ? [...recorded, found(`${String(sure.length)} requests came, ${String(most)} are allowed`)]
    : recorded
}

/** What is recorded behind a delivered one was sent by somebody who stood still meanwhile: that it came twice is another rule's. */
function untilDelivered<Attempt extends { readonly outcome: string }>(
  attempts: readonly Attempt[],
): readonly Attempt[] {
  const end = attempts.findIndex(({ outcome }) => outcome === 'delivered')
  return end === -1 ? attempts : attempts.slice(0, end + 1)
}

/** Of the first life: when a later one began is known only of some. */
function tooOld({ id, promised, event, delivery, target, requests }: Case, evidence: Evidence): Finding[] {
  if ((delivery?.generation ?? 1) > 1) return []
  const bornMs = (event?.acceptedAtMs ?? promised.atMs) + (promised.delayMs ?? 0)
  const { maxAgeMs } = evidence.policy.retry
  return requests.flatMap(({ atMs }): Finding[] => {
    const ageMs = atMs - bornMs
    if (ageMs <= maxAgeMs + ARRIVAL_MS) return []
    const mostMs = maxAgeMs + ARRIVAL_MS + disturbedMs(bornMs, atMs, evidence.windows, target)
    if (ageMs <= mostMs) return []
    const detail = `tried at an age of ${String(ageMs)} ms; at most ${String(mostMs)} ms are explained`
    return [{ kind: 'tried-past-its-age', subject: id, detail }]
  })
}
