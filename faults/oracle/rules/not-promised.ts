/** Not promised: a target was sent an event that was posted for others. */
import type { Evidence } from '../evidence.ts'
import type { Finding } from '../finding.ts'

export function findNotPromised({ promised, cases, requests }: Evidence): Finding[] {
  const ids = new Set(cases.map(({ id }) => id))
  const known = new Map([
    ...promised.map((one) => [one.eventId, one] as const),
    ...promised.map((one) => [one.key, one] as const),
  ])
  const foreign = requests.flatMap((request): [string, string][] => {
    const { deliveryId, target, key } = request
    if (ids.has(deliveryId)) return []
    const eventId = deliveryId.slice(0, -target.length - 1)
    // Events that nobody was promised anything of (their 202 was lost, or a scenario does not care) are judged by nobody.
    const of = known.get(eventId) ?? known.get(key)
    if (of === undefined || of.targets.includes(target)) return []
    return [[deliveryId, `${target} was sent an event for ${of.targets.join(', ')}`]]
  })
  return [...new Map(foreign)].map(([subject, detail]) => ({ kind: 'not-promised', subject, detail }))
}
