/** A worker and its own locks. What several deliveries in one job share is in carry-job.test.ts. */
import { keys } from '@manifold/store'
import { Worker } from 'bullmq'
import { afterEach, expect, test, vi } from 'vitest'
import { eventually } from '../../../test/support/eventually.ts'
import { refOf } from '../../../test/support/store.ts'
import { useTestQueues, useTestStore } from '../../../test/support/use-test-store.ts'
import { consumeDeliveries, type Consumer, type ConsumeOptions } from './consume-deliveries.ts'
import { MAX_BUNDLE } from './bundle.ts'
import { enqueueBundled, enqueueDeliveries } from './enqueue-deliveries.ts'
import { jobIdOf } from './job-payload.ts'
import { readQueueDepth } from './target-queue.ts'
import type { Verdict } from './verdict.ts'

const store = useTestStore()
const queues = useTestQueues(store)
let consumer: Consumer | undefined
let errors: Error[] = []
let lost: string[] = []

afterEach(() => consumer?.close(0))

/** A worker for `crm`, and what it tells of. */
function consume(deliver: ConsumeOptions['deliver'], more: Partial<ConsumeOptions> = {}): Consumer {
  errors = []
  lost = []
  consumer = consumeDeliveries({
    target: { name: 'crm', concurrency: 5, rateLimit: undefined },
    store,
    queues,
    deliver,
    refuse: () => Promise.resolve({ kind: 'finish' }),
    lockMs: 30_000,
    stalledCheckMs: 30_000,
    onError: (error) => errors.push(error),
    onStalled: () => undefined,
    onLost: (entry) => lost.push(entry),
    onNewer: () => undefined,
    ...more,
  })
  return consumer
}

test('a worker that fell silent for longer than its lock does not begin again beside what it has in hand', async () => {
  const ref = refOf('evt_1')
  const under: PromiseWithResolvers<Verdict> = Promise.withResolvers()
  let begun = 0
  let takenOver = 0
  consume(
    (own) => {
      begun += own.length
      return own.map(() => (begun === 1 ? under.promise : Promise.resolve({ kind: 'finish' })))
    },
    { stalledCheckMs: 100, onStalled: () => takenOver++ },
  )
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
  // That it could not end what it had in hand is told as what it is, and not as a bug.
  expect(new Set(lost)).toEqual(new Set([jobIdOf(ref)]))
  expect(errors).toEqual([])
})

test('a bundle whose job is gone when its worker is done with a part of it is told of once', async () => {
  const refs = [refOf('evt_1'), refOf('evt_2')]
  const under: PromiseWithResolvers<Verdict> = Promise.withResolvers()
  let begun = 0
  const worker = consume((own) => {
    begun += own.length
    return own.map((_ref, index) => (index === 0 ? Promise.resolve({ kind: 'finish' }) : under.promise))
  })
  await enqueueBundled(queues, refs, () => MAX_BUNDLE)
  await eventually('both to be under way', () => begun === 2)
  const [job] = await queues.of('crm').getJobs(['active'])
  const id = job?.id ?? ''
  // As a master that is replaced by a replica forgets it.
  await store.redis.del(`${keys.queuePrefix}:crm:${id}`, `${keys.queuePrefix}:crm:${id}:lock`)
  under.resolve({ kind: 'hand-back' })
  await eventually('it to be found out', () => lost.length + errors.length > 0)
  await worker.close(0)
  expect(lost).toEqual([id])
  expect(errors).toEqual([])
})

test('what a bundle still carries is not begun once somebody else has the job', async () => {
  const refs = Array.from({ length: 5 }, (_, index) => refOf(`evt_${String(index)}`))
  const under: PromiseWithResolvers<Verdict> = Promise.withResolvers()
  const begun: string[] = []
  const renewals = vi.spyOn(Worker.prototype, 'extendJobLocks')
  const worker = consume(
    (own) => {
      begun.push(...own.map(({ eventId }) => eventId))
      return own.map(() => under.promise)
    },
    { target: { name: 'crm', concurrency: 1, rateLimit: undefined }, lockMs: 100 },
  )
  await enqueueBundled(queues, refs, () => 5)
  await eventually('one to be under way', () => begun.length === 1)
  // Its lock ran out and another worker took it, as after a long silence; this one hears of it when it renews.
  const locks = await store.redis.keys(`${keys.queuePrefix}:crm:*:lock`)
  for (const lock of locks) await store.redis.set(lock, 'another worker')
  const before = renewals.mock.calls.length
  await eventually('the next renewals', () => renewals.mock.calls.length > before + 1)
  under.resolve({ kind: 'finish' })
  await eventually('the worker to be idle', () => worker.inFlight() === 0)
  await worker.close(1_000)
  renewals.mockRestore()
  expect(begun).toHaveLength(1)
  expect(lost).toHaveLength(1)
  expect(errors).toEqual([])
})
