/** Wrong status: what the record says a delivery or an event came to is not what the receiver, or the operator, saw. */
import { wasTaken, type Case, type Evidence } from '../evidence.ts'
import type { Finding } from '../finding.ts'
import type { EventSeen } from '../snapshot.ts'
import { mayBeUnrecorded } from '../windows.ts'

export function findWrongStatus(evidence: Evidence): Finding[] {
  const ofDeliveries = evidence.cases.flatMap((one): Finding[] => {
    const wrong = wrongDelivery(one, evidence)
    return wrong === undefined ? [] : [{ kind: 'wrong-status', subject: one.id, detail: wrong }]
  })
  const ofEvents = [...evidence.snapshot.events.values()].flatMap((event): Finding[] => {
    const status = aggregate(event)
    return status === undefined || status === event.status
      ? []
      : [
          {
            kind: 'wrong-status',
            subject: event.id,
            detail: `${event.status}, but its deliveries make it ${status}`,
          },
        ]
  })
  return [...ofDeliveries, ...ofEvents]
}

function wrongDelivery(
  { delivery, requests, replayedMs, isDiscarded }: Case,
  evidence: Evidence,
): string | undefined {
  const taken = requests.filter(wasTaken)
  if (delivery === undefined) return undefined
  const replays = replayedMs.length
  if (delivery.generation < 1 + replays)
    return `in generation ${String(delivery.generation)}, though ${String(replays)} replays of it were answered 202`
  if (isDiscarded && delivery.status !== 'discarded')
    return `${delivery.status}, though an operator was told that it is discarded`
  switch (delivery.status) {
    case 'delivered':
      return taken.length === 0 ? 'delivered, but the receiver never took it' : undefined
    case 'discarded':
      if (!isDiscarded) return 'discarded, but by no operator'
      return takenForSure(taken, evidence)
    case 'dead':
      return takenForSure(taken, evidence)
    case 'cancelled':
      return 'cancelled, but by no caller'
    default:
      // Not ended: that is stuck.ts.
      return undefined
  }
}

function takenForSure(taken: Case['requests'], evidence: Evidence): string | undefined {
  const sure = taken.find((request) => !mayBeUnrecorded(request, evidence))
  return sure === undefined ? undefined : `not delivered, but the receiver answered ${String(sure.status)}`
}

/** What an event's status must be; `undefined` while a delivery has not ended. */
function aggregate({ deliveries }: EventSeen): string | undefined {
  const count = (...statuses: string[]) => deliveries.filter(({ status }) => statuses.includes(status)).length
  if (deliveries.length === 0) return 'unrouted'
  if (count('pending', 'retrying', 'deferred') > 0) return undefined
  if (count('delivered') === deliveries.length) return 'delivered'
  if (count('cancelled') === deliveries.length) return 'cancelled'
  return count('delivered') === 0 ? 'failed' : 'partially_delivered'
}
