/** A worker and its own locks. What several deliveries in one job share is in carry-job.test.ts. */
import { keys } from '@manifold/store'
import { afterEach, expect, test } from 'vitest'
import { eventually } from '../../../test/support/eventually.ts'
import { refOf } from '../../../test/support/store.ts'
import { useTestQueues, useTestStore } from '../../../test/support/use-test-store.ts'
import { consumeDeliveries, type Consumer } from './consume-deliveries.ts'
import { enqueueDeliveries } from './enqueue-deliveries.ts'
import { jobIdOf } from './job-payload.ts'
import { readQueueDepth } from './target-queue.ts'
import type { Verdict } from './verdict.ts'

const store = useTestStore()
const queues = useTestQueues(store)
let consumer: Consumer | undefined

afterEach(() => consumer?.close(0))

test('a worker that fell silent for longer than its lock does not begin again beside what it has in hand', async () => {
  const ref = refOf('evt_1')
  const under: PromiseWithResolvers<Verdict> = Promise.withResolvers()
  let begun = 0
  let takenOver = 0
  consumer = consumeDeliveries({
    target: { name: 'crm', concurrency: 5, rateLimit: undefined },
    store,
    queues,
    deliver: (own) => {
      begun += own.length
      return own.map(() => (begun === 1 ? under.promise : Promise.resolve({ kind: 'finish' })))
    },
    refuse: () => Promise.resolve({ kind: 'finish' }),
    lockMs: 30_000,
    stalledCheckMs: 100,
    onError: () => undefined,
    onStalled: () => takenOver++,
    onNewer: () => undefined,
  })
  await enqueueDeliveries(queues, [ref])
  await eventually('the delivery to be under way', () => begun === 1)

  // Its lock runs out: whoever looks for stalled jobs puts it back, and the worker with free slots takes it.
  await eventually('it to be taken for that of a dead worker', async () => {
    await store.redis.del(`${keys.queuePrefix}:crm:${jobIdOf(ref)}:lock`)
    return takenOver > 0
  })
  await eventually('it to be dealt with again', async () => {
    return begun > 1 || (await readQueueDepth(queues, 'crm')).delayed === 1
  })
  expect(begun).toBe(1)

  under.resolve({ kind: 'finish' })
  await eventually('an empty queue', async () => {
    const { waiting, delayed, inFlight } = await readQueueDepth(queues, 'crm')
    return waiting + delayed + inFlight === 0
  })
  expect(takenOver).toBeGreaterThan(0)
})
