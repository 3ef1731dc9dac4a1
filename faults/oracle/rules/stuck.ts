/** Stuck: the system is at rest, and a delivery, or its event, has not ended. */
import type { Evidence } from '../evidence.ts'
import type { Finding } from '../finding.ts'

const TERMINAL = new Set(['delivered', 'dead', 'discarded', 'cancelled'])

export function findStuck({ cases }: Evidence): Finding[] {
  return cases.flatMap(({ id, event, delivery, requests }): Finding[] => {
    if (event === undefined || delivery === undefined) return []
    const detail = `${delivery.status} after ${String(delivery.attempts)} attempts and ${String(requests.length)} requests`
    if (!TERMINAL.has(delivery.status)) return [{ kind: 'stuck', subject: id, detail }]
    const allEnded = event.deliveries.every(({ status }) => TERMINAL.has(status))
    return allEnded && event.settledAtMs === null
      ? [{ kind: 'stuck', subject: event.id, detail: 'every delivery has ended, and the event has not' }]
      : []
  })
}
