import { bodyOf } from '../stage/lane.ts'
import { TARGETS } from '../stage/targets.ts'
import type { Scenario } from './scenario.ts'

const CALLERS = 100

export const concurrentDuplicates: Scenario = {
  name: 'concurrent-duplicates',
  title: '100 callers post the same event with the same key at once, to all producers',
  promise: 'all get the same id, or 409 while it is under way; each target gets it once',
  run: async (stage) => {
    for (let round = 0; round < stage.size(3, 20); round++) {
      const event = { key: `duplicate-${String(round)}`, targets: TARGETS }
      const producers = stage.producers()
      const answers = await Promise.all(
        Array.from({ length: CALLERS }, async (_, caller) => {
          const response = await fetch(`${producers[caller % producers.length]?.origin ?? ''}/v1/events`, {
            method: 'POST',
            headers: { 'content-type': 'application/json', 'idempotency-key': event.key },
            body: bodyOf(event),
          })
          return { status: response.status, body: (await response.json()) as { id?: string } }
        }),
      )
      const accepted = answers.filter(({ status }) => status === 202)
      const ids = new Set(accepted.map(({ body }) => body.id))
      const others = new Set(answers.map(({ status }) => status).filter((status) => status !== 202))
      stage.expect(ids.size === 1, 'one id', `${String(ids.size)} ids`)
      stage.expect(
        [...others].every((status) => status === 409),
        '202 or 409',
        [...others].join(),
      )
      const again = await stage.post(event)
      stage.expect(again !== undefined && ids.has(again), 'a later one gets the same id', String(again))
    }
  },
}
