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
  /**
   * When an operator asked for each replay that was answered 202. There may have been more: by filter, or with the answer lost.
   */
  readonly replayedMs: readonly number[]
  /** An operator was told so. */
  readonly isDiscarded: boolean
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
  const replays = Map.groupBy(
    ledger.filter((line) => line.kind === 'replayed'),
    ({ deliveryId }) => deliveryId,
  )
  const discarded = new Set(
    ledger.filter((line) => line.kind === 'discarded').map(({ deliveryId }) => deliveryId),
  )
  const cases = promised.flatMap((line) => {
    const event = snapshot.events.get(line.eventId)
    return line.targets.map((target) => {
      const id = `${line.eventId}-${target}`
      const delivery = event?.deliveries.find((one) => one.target === target)
      const requests = byDelivery.get(id) ?? []
      const replayedMs = (replays.get(id) ?? []).map(({ atMs }) => atMs)
      return {
        id,
        promised: line,
        target,
        event,
        delivery,
        requests,
        replayedMs,
        isDiscarded: discarded.has(id),
      }
    })
  })
  return { ...testimony, promised, cases }
}

/** Whether the receiver took it. */
export function wasTaken(request: RequestLine): boolean {
  return request.status !== null && request.status >= 200 && request.status < 300
}
