import { expect, test } from 'vitest'
import { refOf } from '../../../test/support/store.ts'
import { useTestQueues, useTestStore } from '../../../test/support/use-test-store.ts'
import { enqueueBundled, enqueueDeliveries, enqueueLater } from './enqueue-deliveries.ts'
import { oldestWaitingAgeMs } from './oldest-waiting.ts'
import { pauseTarget, resumeTarget } from './target-queue.ts'

const store = useTestStore()
const queues = useTestQueues(store)

const ageIn = (aheadMs: number) => oldestWaitingAgeMs(queues, 'crm', Date.now() + aheadMs)

test('an empty queue has nothing that waits', async () => {
  expect(await ageIn(60_000)).toBe(0)
})

test('what was enqueued first is as old as the time since then, also in a bundle and while the target is paused', async () => {
  await enqueueBundled(queues, [refOf('evt_1'), refOf('evt_2')], () => 2)
  await enqueueDeliveries(queues, [refOf('evt_3')])
  for (const change of [pauseTarget, resumeTarget]) {
    await change(queues, 'crm')
    expect(await ageIn(60_000)).toBeGreaterThanOrEqual(60_000)
    expect(await ageIn(60_000)).toBeLessThan(70_000)
  }
})

test('a replay counts although it waits behind live traffic', async () => {
  await enqueueDeliveries(queues, [refOf('evt_1', 'crm', 2)])
  expect(await ageIn(60_000)).toBeGreaterThanOrEqual(60_000)
})

test('what waits for its time is not ready, and behind that it is as old as the time since', async () => {
  await enqueueLater(queues, refOf('evt_1'), 50_000)
  expect(await ageIn(60_000)).toBe(0)
  await (await queues.of('crm').getDelayed())[0]?.promote()
  const ageMs = await ageIn(60_000)
  expect(ageMs).toBeGreaterThanOrEqual(9_000)
  expect(ageMs).toBeLessThan(20_000)
})
