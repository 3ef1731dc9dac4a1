/** Lost: answered 202, and Manifold no longer knows the event, or one of its deliveries. */
import type { Evidence } from '../evidence.ts'
import type { Finding } from '../finding.ts'

export function findLost({ promised, cases }: Evidence): Finding[] {
  const unknown = new Set(cases.filter(({ event }) => event === undefined).map((one) => one.promised.eventId))
  return [
    ...promised
      .filter(({ eventId }) => unknown.has(eventId))
      .map(({ eventId }): Finding => ({ kind: 'lost', subject: eventId, detail: 'no such event' })),
    ...cases
      .filter(({ event, delivery }) => event !== undefined && delivery === undefined)
      .map(({ id }): Finding => ({ kind: 'lost', subject: id, detail: 'its event has no such delivery' })),
  ]
}
