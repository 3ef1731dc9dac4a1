/** Why an event was not accepted, as a caller is told: in an answer of its own, or for one item of many. */
import type { AcceptAnswer } from '../accept-event.ts'
import type { Overloaded } from '../overload/intake.ts'
import { problem, type Problem } from './problem.ts'

/** An answer of `acceptEvent` that is a refusal. */
export type Refusal = Exclude<AcceptAnswer, { readonly kind: 'accepted' | 'duplicate' }>

export function isRefusal(answer: AcceptAnswer): answer is Refusal {
  return answer.kind !== 'accepted' && answer.kind !== 'duplicate'
}

export function refusalProblem(refusal: Refusal): Problem {
  switch (refusal.kind) {
    case 'too-deep':
      return problem('json-too-deep')
    case 'type-not-allowed':
      return problem('type-not-allowed', { detail: `the caller may not publish ${refusal.type}` })
    case 'invalid':
      return problem('invalid-event', { errors: refusal.errors })
    case 'unknown-targets':
      return problem('unknown-target', { errors: refusal.errors })
    case 'key-reused':
      return problem('idempotency-key-reused', { detail: `the key belongs to event ${refusal.eventId}` })
    case 'id-taken':
      return problem('event-id-taken', { detail: `event ${refusal.eventId} was made by another body` })
    case 'overloaded':
      return overloadProblem(refusal)
    default:
      return refusal satisfies never
  }
}

/** Of a target it is the caller's rate that is too high, not the service that is down: other events are taken. */
export function overloadProblem({ reason, target, retryAfterSeconds }: Overloaded): Problem {
  const seconds = String(retryAfterSeconds)
  const headers = { 'retry-after': seconds }
  const again = `try again in ${seconds} s`
  switch (reason) {
    case 'memory':
      return problem('overloaded', { detail: `Redis is near MANIFOLD_MAX_MEMORY_PERCENT; ${again}`, headers })
    case 'backlog':
      return problem('overloaded', { detail: `the backlog is at MANIFOLD_MAX_BACKLOG; ${again}`, headers })
    case 'target':
      return problem('target-overloaded', {
        detail: `the backlog of ${target ?? ''} is at its limit; ${again}`,
        headers,
      })
    default:
      return reason satisfies never
  }
}
