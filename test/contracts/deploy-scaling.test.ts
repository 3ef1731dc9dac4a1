/** What KEDA scales workers by is what grows with the backlog, at the producers that it asks about. */
import { keys } from '@manifold/store'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { eventually } from '../support/eventually.ts'
import { readManifests } from '../support/manifests.ts'
import { startSystem, type System } from '../support/system.ts'

let system: System
beforeAll(async () => {
  system = await startSystem({
    withWorker: false,
    config: (sandboxUrl) => ({
      targets: [{ name: 'crm', subscribe: ['**'], url: `${sandboxUrl}/t/crm/ok` }],
    }),
  })
})
afterAll(() => system.close())

const EVENTS = 40

test('the query of a worker counts every delivery that waits for its target, bundled or not', async () => {
  const scaled = readManifests('components/keda').find(({ metadata }) => metadata.name === 'worker-crm')
  const { triggers } = scaled?.spec as { triggers: { metadata: { query: string } }[] }
  const asked = /^max\((manifold_\w+)\{(.+)\}\)$/.exec(triggers[0]?.metadata.query ?? '')
  const labels = (asked?.[2] ?? '').split(',')
  const answer = async () => {
    const text = await (await fetch(`${system.url}/metrics`)).text()
    const lines = text.split('\n').filter((line) => line.startsWith(`${asked?.[1] ?? ''}{`))
    const series = lines.filter((line) => labels.every((label) => line.includes(label)))
    return series.map((line) => Number(line.split(' ').at(-1)))
  }
  expect(await answer()).toEqual([0])

  const events = Array.from({ length: EVENTS }, (_, n) => ({ type: 'order.placed', data: { n } }))
  const response = await fetch(`${system.url}/v1/events/batch`, {
    method: 'POST',
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify(events),
  })
  expect(response.ok).toBe(true)

  const waitKey = `${keys.queuePrefix}:crm:wait`
  await eventually('the events to be on the queue', async () => (await system.store.redis.llen(waitKey)) > 0)
  expect(await answer()).toEqual([EVENTS])
  // Why it is not the length of the queue in Redis.
  expect(await system.store.redis.llen(waitKey)).toBeLessThan(EVENTS / 2)
})
