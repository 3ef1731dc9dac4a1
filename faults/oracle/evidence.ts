/**
 * Evidence: everything that is known, joined by delivery, so that a rule has only to compare.
 *
 * Three witnesses that know nothing of each other (ledger, receiver, Manifold), and the times of the disturbances.
 */
import type { Accepted, LedgerLine } from './ledger.ts'
import type { Policy } from './policy.ts'
import type { RequestLine } from './receiver-log.ts'
import type { DeliverySeen, EventSeen, Snapshot } from './snapshot.ts'
import type { Window } from './windows.ts'

export type Testimony = {
  readonly ledger: readonly LedgerLine[]
  readonly requests: readonly RequestLine[]
  readonly snapshot: Snapshot
  readonly windows: readonly Window[]
  readonly policy: Policy
}

/** One promised delivery, as all three saw it. */
export type Case = {
  readonly id: string
  readonly promised: Accepted
  readonly target: string
  readonly event: EventSeen | undefined
  readonly delivery: DeliverySeen | undefined
  /** In the order they came. */
  readonly requests: readonly RequestLine[]
}

export type Evidence = Testimony & {
  readonly promised: readonly Accepted[]
  readonly cases: readonly Case[]
}

/** Joins what the witnesses say. */
export function gather(testimony: Testimony): Evidence {
  const { ledger, snapshot } = testimony
  const promised = [
    // The same event may have been answered 202 more than once.
    ...new Map(
      ledger.filter((line) => line.kind === 'accepted').map((line) => [line.eventId, line]),
    ).values(),
  ]
  const byDelivery = Map.groupBy(
    testimony.requests.toSorted((a, b) => a.atMs - b.atMs),
    (request) => request.deliveryId,
  )
  const cases = promised.flatMap((line) => {
    const event = snapshot.events.get(line.eventId)
    return line.targets.map((target) => {
      const id = `${line.eventId}-${target}`
      const delivery = event?.deliveries.find((one) => one.target === target)
      return { id, promised: line, target, event, delivery, requests: byDelivery.get(id) ?? [] }
    })
  })
  return { ...testimony, promised, cases }
}

/** Whether the receiver took it. */
export function wasTaken(request: RequestLine): boolean {
  return request.status !== null && request.status >= 200 && request.status < 300
}
