import type { DeliveryRef } from '@manifold/domain'
import { describe, expect, test } from 'vitest'
import { eventually } from '../../../test/support/eventually.ts'
import { refOf } from '../../../test/support/store.ts'
import { useTestQueues, useTestStore } from '../../../test/support/use-test-store.ts'
import { consumeDeliveries, type ConsumeOptions, type Consumer } from './consume-deliveries.ts'
import { addDeadLetter } from './dead-letter-queue.ts'
import { enqueueDeliveries } from './enqueue-deliveries.ts'
import {
  isTargetPaused,
  isTargetRateLimited,
  pauseTarget,
  readQueueDepth,
  resumeTarget,
} from './target-queue.ts'

const store = useTestStore()
const queues = useTestQueues(store)

type Deliver = ConsumeOptions['deliver']

/** A worker that gives each delivery to `one`. */
function consume(
  one: (ref: DeliveryRef) => ReturnType<Deliver>[number],
  target: Partial<ConsumeOptions['target']> = {},
): Consumer {
  return consumeDeliveries({
    target: { name: 'crm', concurrency: 1, rateLimit: undefined, ...target },
    store,
    queues,
    deliver: (refs) => refs.map(one),
    refuse: () => Promise.resolve({ kind: 'finish' }),
    lockMs: 30_000,
    stalledCheckMs: 30_000,
    onError: () => undefined,
    onStalled: () => undefined,
    onLost: () => undefined,
    onNewer: () => undefined,
  })
}

describe('the depth of a queue', () => {
  test('of a target that never had a delivery is 0 throughout', async () => {
    expect(await readQueueDepth(queues, 'crm')).toEqual({ waiting: 0, delayed: 0, inFlight: 0, dead: 0 })
  })

  test('counts live deliveries and replays that wait, and dead letters, of this target only', async () => {
    await enqueueDeliveries(queues, [refOf('a'), refOf('b', 'crm', 2), refOf('c', 'email')])
    await addDeadLetter(queues, refOf('d'), 'gone')
    await addDeadLetter(queues, refOf('d'), 'gone')
    expect(await readQueueDepth(queues, 'crm')).toEqual({ waiting: 2, delayed: 0, inFlight: 0, dead: 1 })
  })

  test('counts what is in flight, and what waits for its time', async () => {
    await enqueueDeliveries(queues, [refOf('deferred'), refOf('held')])
    const held = Promise.withResolvers<undefined>()
    const consumer = consume(async ({ eventId }) => {
      if (eventId === 'deferred') return { kind: 'defer', delayMs: 60_000 }
      await held.promise
      return { kind: 'finish' }
    })
    await eventually('one to be deferred and one in flight', async () => {
      const { waiting, delayed, inFlight } = await readQueueDepth(queues, 'crm')
      return waiting === 0 && delayed === 1 && inFlight === 1
    })
    held.resolve(undefined)
    await consumer.close(1_000)
    expect(await readQueueDepth(queues, 'crm')).toMatchObject({ delayed: 1, inFlight: 0 })
  })
})

describe('a paused target', () => {
  test('says so until it is resumed, and other targets do not', async () => {
    await pauseTarget(queues, 'crm')
    expect(await isTargetPaused(queues, 'crm')).toBe(true)
    expect(await isTargetPaused(queues, 'email')).toBe(false)
    await resumeTarget(queues, 'crm')
    expect(await isTargetPaused(queues, 'crm')).toBe(false)
  })

  test('still counts what waits, before and after the pause', async () => {
    await enqueueDeliveries(queues, [refOf('before')])
    await pauseTarget(queues, 'crm')
    await enqueueDeliveries(queues, [refOf('during'), refOf('replay', 'crm', 2)])
    expect(await readQueueDepth(queues, 'crm')).toMatchObject({ waiting: 3 })
  })

  test('starts no attempt, loses nothing, and goes on where it stopped', async () => {
    const taken: string[] = []
    const passed: string[] = []
    const finish = (list: string[]) => {
      return ({ eventId }: DeliveryRef) => {
        list.push(eventId)
        return Promise.resolve({ kind: 'finish' } as const)
      }
    }
    await pauseTarget(queues, 'crm')
    const consumers = [consume(finish(taken)), consume(finish(passed), { name: 'email' })]
    await enqueueDeliveries(queues, [refOf('a'), refOf('b')])
    await enqueueDeliveries(queues, [refOf('c', 'email')])
    await eventually('the other target to go on', () => passed.length === 1)
    expect(taken).toEqual([])
    await resumeTarget(queues, 'crm')
    await eventually('the deliveries to be taken', () => taken.length === 2)
    expect(taken).toEqual(['a', 'b'])
    await Promise.all(consumers.map((consumer) => consumer.close(1_000)))
  })
})

test('a target that is held back by its rate limit says so, and not any longer when it may go on', async () => {
  expect(await isTargetRateLimited(queues, 'crm', 1)).toBe(false)
  await queues.of('crm').rateLimit(150)
  expect(await isTargetRateLimited(queues, 'crm', 1)).toBe(true)
  expect(await isTargetRateLimited(queues, 'email', 1)).toBe(false)
  await eventually('the limit to be over', async () => !(await isTargetRateLimited(queues, 'crm', 1)))
})
