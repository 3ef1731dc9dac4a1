/** Why an event was not accepted, as a caller is told: in an answer of its own, or for one item of many. */
import type { AcceptAnswer } from '../accept-event.ts'
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
    default:
      return refusal satisfies never
  }
}
