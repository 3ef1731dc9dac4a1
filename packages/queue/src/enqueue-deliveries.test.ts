import type { DeliveryRef } from '@manifold/domain'
import { describe, expect, test } from 'vitest'
import { eventually } from '../../../test/support/eventually.ts'
import { refOf } from '../../../test/support/store.ts'
import { useTestQueues, useTestStore } from '../../../test/support/use-test-store.ts'
import { MAX_BUNDLE } from './bundle.ts'
import { consumeDeliveries } from './consume-deliveries.ts'
import { enqueueBundled, enqueueDeliveries } from './enqueue-deliveries.ts'
import { readQueueDepth } from './target-queue.ts'

const store = useTestStore()
const queues = useTestQueues(store)

/** Lets one worker take the jobs of `crm`, one at a time. @returns job ids in the order they were taken */
async function takeAll(count: number): Promise<string[]> {
  const taken: string[] = []
  const consumer = consumeDeliveries({
    target: { name: 'crm', concurrency: 1, rateLimit: undefined },
    store,
    queues,
    deliver: (refs) =>
      refs.map(({ eventId, generation }) => {
        taken.push(`${eventId}.${String(generation)}`)
        return Promise.resolve({ kind: 'finish' })
      }),
    refuse: () => Promise.resolve({ kind: 'finish' }),
    lockMs: 30_000,
    stalledCheckMs: 30_000,
    onError: () => undefined,
    onStalled: () => undefined,
    onLost: () => undefined,
    onNewer: () => undefined,
  })
  await eventually('all jobs to be taken', () => taken.length >= count)
  await consumer.close(1_000)
  return taken
}

test('each delivery becomes one job on the queue of its target, which carries ids only', async () => {
  await enqueueDeliveries(queues, [refOf('evt_1', 'crm'), refOf('evt_1', 'email'), refOf('evt_2', 'crm')])
  const jobs = await queues.of('crm').getJobs('wait')
  expect(jobs.map((job) => job.id).sort()).toEqual(['evt_1.1', 'evt_2.1'])
  const [job] = await queues.of('email').getJobs('wait')
  expect(job?.data).toEqual({ v: 1, eventId: 'evt_1', generation: 1 })
})

test('enqueueing the same deliveries again, or at the same time, adds nothing', async () => {
  const refs = [refOf('evt_1'), refOf('evt_2')]
  await enqueueDeliveries(queues, refs)
  await Promise.all([
    enqueueDeliveries(queues, refs),
    enqueueDeliveries(queues, [...refs, ...refs]),
    enqueueDeliveries(queues, refs),
  ])
  expect(await readQueueDepth(queues, 'crm')).toMatchObject({ waiting: 2 })
})

test('the next generation of a delivery is a job of its own', async () => {
  await enqueueDeliveries(queues, [refOf('evt_1', 'crm', 1), refOf('evt_1', 'crm', 2)])
  expect(await readQueueDepth(queues, 'crm')).toMatchObject({ waiting: 2 })
})

test('live deliveries are taken before replays that were enqueued earlier', async () => {
  await enqueueDeliveries(queues, [refOf('old_1', 'crm', 2), refOf('old_2', 'crm', 3)])
  await enqueueDeliveries(queues, [refOf('new_1'), refOf('new_2')])
  expect(await takeAll(4)).toEqual(['new_1.1', 'new_2.1', 'old_1.2', 'old_2.3'])
})

test('live deliveries are taken in the order they were enqueued', async () => {
  const ids = Array.from({ length: 10 }, (_, index) => `evt_${String(index)}`)
  await enqueueDeliveries(
    queues,
    ids.map((id) => refOf(id)),
  )
  expect(await takeAll(10)).toEqual(ids.map((id) => `${id}.1`))
})

test('a finished job leaves nothing behind', async () => {
  await enqueueDeliveries(queues, [refOf('evt_1')])
  await takeAll(1)
  expect(await queues.of('crm').getJob('evt_1.1')).toBeUndefined()
  expect(await queues.of('crm').getJobCounts()).not.toMatchObject({ completed: 1 })
})

test('it throws when a queue cannot take its jobs', async () => {
  await store.redis.config('SET', 'maxmemory', '1')
  try {
    await expect(enqueueDeliveries(queues, [refOf('evt_1')])).rejects.toThrow('OOM')
  } finally {
    await store.redis.config('SET', 'maxmemory', '0')
  }
  await enqueueDeliveries(queues, [refOf('evt_1')])
  expect(await readQueueDepth(queues, 'crm')).toMatchObject({ waiting: 1 })
})

test('enqueueing nothing does nothing', async () => {
  await enqueueDeliveries(queues, [])
  expect(await store.redis.dbsize()).toBe(0)
})

describe('bundled', () => {
  const refs = (count: number) => Array.from({ length: count }, (_, index) => refOf(`evt_${String(index)}`))
  const bundled = (own: readonly DeliveryRef[]) => enqueueBundled(queues, own, () => MAX_BUNDLE)

  test('a lone delivery has a job of its own', async () => {
    await bundled(refs(1))
    expect((await queues.of('crm').getJobs('wait')).map((job) => job.id)).toEqual(['evt_0.1'])
  })

  test('deliveries of one target share jobs, alike in size; those of another have their own', async () => {
    await bundled([...refs(21), refOf('evt_0', 'email')])
    const jobs = await queues.of('crm').getJobs('wait')
    expect(jobs.map((job) => (job.data as { deliveries: unknown[] }).deliveries.length).sort()).toEqual([
      10, 11,
    ])
    expect((await queues.of('email').getJobs('wait')).map((job) => job.id)).toEqual(['evt_0.1'])
  })

  test('the same deliveries again add nothing', async () => {
    await bundled(refs(5))
    await bundled(refs(5))
    expect(await readQueueDepth(queues, 'crm')).toMatchObject({ waiting: 1 })
  })
})
