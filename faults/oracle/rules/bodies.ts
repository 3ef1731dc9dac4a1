/** Bodies: a target gets the event that was posted, and the same bytes each time. */
import type { Evidence } from '../evidence.ts'
import type { Finding } from '../finding.ts'

export function findBodiesDiffering({ cases }: Evidence): Finding[] {
  return cases.flatMap(({ id, promised, target, requests }): Finding[] => {
    const whole = requests.filter(({ bodyHash }) => bodyHash !== '')
    const differing: string[] = []
    if (new Set(whole.map(({ bodyHash }) => bodyHash)).size > 1)
      differing.push('not the same bytes each time')
    const foreign = whole.find(({ key }) => key !== promised.key)
    if (foreign !== undefined) differing.push(`carries ${foreign.key || 'nothing'}, not ${promised.key}`)
    if (requests.some((request) => request.target !== target)) differing.push('came to another target')
    if (requests.some((request) => request.idempotencyKey !== request.deliveryId))
      differing.push('Idempotency-Key and webhook-id differ')
    return differing.map((detail) => ({ kind: 'body-differs', subject: id, detail }))
  })
}
