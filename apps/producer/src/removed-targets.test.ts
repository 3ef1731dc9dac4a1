/** What waits for a target that is in no config any more: how its end is counted. */
import { createLogger } from '@manifold/runtime'
import { enqueueDeliveries } from '@manifold/queue'
import { noteKnownTargets, TELL_NOBODY } from '@manifold/store'
import { expect, test } from 'vitest'
import { eventually } from '../../../test/support/eventually.ts'
import { accept, refOf } from '../../../test/support/store.ts'
import { useTestQueues, useTestStore } from '../../../test/support/use-test-store.ts'
import { watchRemovedTargets } from './removed-targets.ts'

const store = useTestStore()
const queues = useTestQueues(store)

test('deaths are counted as they happen, behind a zero from when the target was found missing', async () => {
  for (let count = 0; count < 3; count++) await enqueueDeliveries(queues, [refOf(await accept(store))])
  await noteKnownTargets(store, ['crm'])
  const counted: [target: string, deliveries: number][] = []
  const look = watchRemovedTargets({
    store,
    queues,
    logger: createLogger('test', 'silent', { write: () => undefined }, (text) => text),
    telling: TELL_NOBODY,
    onDied: (target, deliveries) => counted.push([target, deliveries]),
    holder: 'this one',
    intervalMs: 60_000,
    graceMs: 10,
    silentMs: 1,
    signal: new AbortController().signal,
  })
  await eventually('it to be found missing', async () => {
    await look()
    return counted.length > 0
  })
  expect(counted[0]).toEqual(['crm', 0])
  await eventually('its deliveries to die', async () => {
    await look()
    return counted.some(([, deliveries]) => deliveries > 0)
  })
  expect(counted.filter(([, deliveries]) => deliveries > 0)).toEqual([['crm', 3]])
})
