/** Publishing over a WebSocket: accepted exactly as a POST is, and answered with its `ref`. */
import { acceptEvent, type AcceptDeps } from '../accept-event.ts'
import type { Caller } from '../callers/caller.ts'
import { isRefusal, overloadProblem, refusalProblem } from '../http/accept-problem.ts'
import { readIdempotencyKey } from '../http/idempotency-key.ts'
import { problem, type Problem } from '../http/problem.ts'
import { acceptedView } from '../http/views.ts'
import type { Publish } from './client-message.ts'

/** What a POST would have been answered with. */
export const PUBLISHED_STATUS = 202

export type PublishDeps = AcceptDeps & { readonly onAccepted: (type: string) => void }

export type Published =
  | {
      readonly kind: 'published'
      readonly eventId: string
      /** `undefined` for one that was there before. */
      readonly traceId: string | undefined
      readonly view: object
    }
  | { readonly kind: 'refused'; readonly problem: Problem }

/** `status` is the one a POST would have had; the event's own stands beside it. @throws when Redis is away */
export async function publish(deps: PublishDeps, caller: Caller, asked: Publish): Promise<Published> {
  const key = readIdempotencyKey(asked.idempotencyKey)
  if (key.kind === 'invalid') return { kind: 'refused', problem: problem('invalid-idempotency-key') }
  const overloaded = deps.intake.refusal()
  if (overloaded !== undefined) return { kind: 'refused', problem: overloadProblem(overloaded) }
  const answer = await acceptEvent(deps, {
    body: asked.event,
    // As a client that POSTs would have written it.
    rawBody: JSON.stringify(asked.event),
    idempotencyKey: key.value,
    caller: caller.name,
    mayPublish: caller.mayUse,
    traceparent: undefined,
  })
  if (isRefusal(answer)) return { kind: 'refused', problem: refusalProblem(answer) }
  const isDuplicate = answer.kind === 'duplicate'
  if (!isDuplicate) deps.onAccepted(answer.type)
  const view = acceptedView(answer)
  return {
    kind: 'published',
    eventId: answer.eventId,
    traceId: isDuplicate ? undefined : answer.traceId,
    view: { duplicate: isDuplicate, ...view, status: PUBLISHED_STATUS, eventStatus: view.status },
  }
}
