/**
 * Attempts: what is recorded is what came. An attempt without an answer need not have reached the receiver; a request may
 * be unrecorded only where something was disturbed while it was in flight. One whose answer was lost is an attempt, too.
 */
import type { Case, Evidence } from '../evidence.ts'
import type { Finding } from '../finding.ts'
import { mayBeUncounted, mayBeUnrecorded } from '../windows.ts'

export function findAttemptsDisagreeing(evidence: Evidence): Finding[] {
  return evidence.cases.flatMap((one): Finding[] =>
    disagreements(one, evidence).map((detail) => ({ kind: 'attempts-disagree', subject: one.id, detail })),
  )
}

function disagreements(one: Case, evidence: Evidence): string[] {
  const { delivery, requests } = one
  if (delivery === undefined) return []
  const recorded = delivery.attemptList
  const wrong: string[] = []
  if (delivery.attempts !== recorded.length)
    wrong.push(`counted ${String(delivery.attempts)}, listed ${String(recorded.length)}`)
  const numbers = recorded.map(({ number }) => number).toSorted((a, b) => a - b)
  if (numbers.some((number, index) => number !== index + 1)) wrong.push(`numbered ${numbers.join(', ')}`)

  const counted = requests.filter((request) => !mayBeUncounted(request, evidence)).length
  if (recorded.length < counted)
    wrong.push(`${String(counted)} requests came, only ${String(recorded.length)} are recorded`)

  const statuses = new Set([
    ...recorded.map(({ httpStatus }) => httpStatus),
    ...requests.map(({ status }) => status),
  ])
  for (const status of statuses) {
    const written = recorded.filter(({ httpStatus }) => httpStatus === status).length
    const own = requests.filter((request) => request.status === status)
    const sure = own.filter((request) => !mayBeUnrecorded(request, evidence)).length
    const what = status === null ? 'without an answer' : `answered ${String(status)}`
    if (status !== null && written > own.length)
      wrong.push(`${String(written)} recorded ${what}, the receiver saw ${String(own.length)}`)
    if (written < sure)
      wrong.push(`${String(sure)} came undisturbed and were ${what}, only ${String(written)} are recorded`)
  }
  return wrong
}
