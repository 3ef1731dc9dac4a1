/** Several deliveries in one job: they share its cost, and nothing else. */
import { setImmediate as turn } from 'node:timers/promises'
import type { DeliveryRef } from '@manifold/domain'
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test } from 'vitest'
import { eventually } from '../../../test/support/eventually.ts'
import { accept, bury, refOf, startTestStore, type TestStore } from '../../../test/support/store.ts'
import { bundleIdOf, MAX_BUNDLE } from './bundle.ts'
import { consumeDeliveries, type ConsumeOptions, type Consumer } from './consume-deliveries.ts'
import { deadLetterJobIds } from './dead-letter-queue.ts'
import { enqueueBundled, enqueueDeliveries } from './enqueue-deliveries.ts'
import { makeBundlePayload } from './job-payload.ts'
import { openQueues, type Queues } from './queues.ts'
import {
  holdTarget,
  pauseTarget,
  readHoldMs,
  readQueueDepth,
  releaseTarget,
  resumeTarget,
} from './target-queue.ts'
import type { Verdict } from './verdict.ts'

let store: TestStore
let queues: Queues
let consumers: Consumer[] = []
const errors: Error[] = []

beforeAll(async () => {
  store = await startTestStore()
  queues = openQueues(store.redis, () => undefined)
})
beforeEach(async () => {
  await store.clear()
  errors.length = 0
})
afterEach(async () => {
  await Promise.all(consumers.map((consumer) => consumer.close(0)))
  consumers = []
})
afterAll(async () => {
  await queues.close()
  await store.close()
})

const FINISH: Verdict = { kind: 'finish' }
const refs = (count: number, prefix = 'evt') =>
  Array.from({ length: count }, (_, index) => refOf(`${prefix}_${String(index)}`))
const bundled = (own: readonly DeliveryRef[]) => enqueueBundled(queues, own, () => MAX_BUNDLE)

type Settle = (ref: DeliveryRef, signal: AbortSignal) => Promise<Verdict>

/** A worker that settles each delivery with `settle`. */
function consume(settle: Settle, more: Partial<ConsumeOptions> = {}): Consumer {
  const consumer = consumeDeliveries({
    target: { name: 'crm', concurrency: 50, rateLimit: undefined },
    store,
    queues,
    deliver: (own, _claimant, signal) => own.map((ref) => settle(ref, signal)),
    refuse: () => Promise.resolve(FINISH),
    lockMs: 30_000,
    stalledCheckMs: 30_000,
    onError: (error) => errors.push(error),
    onStalled: () => undefined,
    onLost: () => undefined,
    onNewer: () => undefined,
    ...more,
  })
  consumers.push(consumer)
  return consumer
}

describe('a worker', () => {
  test('settles every delivery of a bundle once, and the job goes', async () => {
    const settled: string[] = []
    await bundled(refs(45))
    consume(({ eventId }) => {
      settled.push(eventId)
      return Promise.resolve(FINISH)
    })
    await eventually('all to be settled', () => settled.length >= 45)
    await eventually(
      'the queue to be empty',
      async () => (await queues.of('crm').getJobCountByTypes('wait', 'active')) === 0,
    )
    expect([...new Set(settled)]).toHaveLength(45)
    expect(settled).toHaveLength(45)
  })

  test('works on no more deliveries at once than its concurrency, however they are bundled', async () => {
    let underWay = 0
    let most = 0
    let done = 0
    await bundled(refs(60))
    const consumer = consume(
      async () => {
        most = Math.max(most, ++underWay)
        await turn()
        underWay--
        done++
        return FINISH
      },
      { target: { name: 'crm', concurrency: 7, rateLimit: undefined } },
    )
    await eventually('all to be settled', () => done === 60)
    expect(most).toBe(7)
    await eventually('nothing to be in flight', () => consumer.inFlight() === 0)
  })

  test('that has a slow delivery in a bundle goes on with the others, and with other jobs', async () => {
    const slow = Promise.withResolvers<Verdict>()
    const settled: string[] = []
    await bundled(refs(20, 'first'))
    await bundled(refs(20, 'second'))
    const consumer = consume(
      ({ eventId }) => {
        if (eventId === 'first_3') return slow.promise
        settled.push(eventId)
        return Promise.resolve(FINISH)
      },
      { target: { name: 'crm', concurrency: 4, rateLimit: undefined } },
    )
    await eventually('all others to be settled', () => settled.length === 39)
    expect(consumer.inFlight()).toBe(1)
    slow.resolve(FINISH)
    await eventually('the job to go', async () => (await queues.of('crm').getActiveCount()) === 0)
  })

  test('of one slot goes through a lone bundle without waiting for other jobs in between', async () => {
    const settled: string[] = []
    await bundled(refs(20))
    const startedMs = performance.now()
    consume(
      async ({ eventId }) => {
        await turn()
        settled.push(eventId)
        return FINISH
      },
      { target: { name: 'crm', concurrency: 1, rateLimit: undefined } },
    )
    await eventually('all to be settled', () => settled.length === 20)
    // Waiting for a job that does not come takes seconds.
    expect(performance.now() - startedMs).toBeLessThan(3_000)
    expect(settled).toEqual(refs(20).map(({ eventId }) => eventId))
  })

  test('takes the deliveries of a bundle one by one when its target is limited', async () => {
    const groups: number[] = []
    await bundled(refs(6))
    consume(() => Promise.resolve(FINISH), {
      target: { name: 'crm', concurrency: 10, rateLimit: { max: 100, perMs: 1_000 } },
      deliver: (own) => {
        groups.push(own.length)
        return own.map(() => Promise.resolve(FINISH))
      },
    })
    await eventually('all to be settled', () => groups.length === 6)
    expect(groups).toEqual([1, 1, 1, 1, 1, 1])
  })
})

describe('a delivery that does not end', () => {
  const oneOf = (verdict: Verdict) => {
    const settled: string[] = []
    return {
      settled,
      settle: ({ eventId }: DeliveryRef) => {
        settled.push(eventId)
        return Promise.resolve(eventId === 'evt_2' ? verdict : FINISH)
      },
    }
  }

  test.each(['retry', 'defer'] as const)(
    '%s: leaves the bundle for a job of its own, and the others are done',
    async (kind) => {
      const { settled, settle } = oneOf({ kind, delayMs: 60_000 })
      await bundled(refs(5))
      consume(settle)
      await eventually(
        'the bundle to go',
        async () => (await queues.of('crm').getActiveCount()) === 0 && settled.length === 5,
      )
      const [job] = await queues.of('crm').getDelayed()
      expect(job).toMatchObject({ id: 'evt_2.1', data: { v: 1, eventId: 'evt_2', generation: 1 } })
      expect(job?.delay).toBe(60_000)
      expect(await readQueueDepth(queues, 'crm')).toMatchObject({ waiting: 0, delayed: 1 })
    },
  )

  test('retry: its job is there at once, while others of the bundle still hang', async () => {
    const slow = Promise.withResolvers<Verdict>()
    await bundled(refs(5))
    consume(({ eventId }) =>
      eventId === 'evt_2' ? Promise.resolve({ kind: 'retry', delayMs: 60_000 }) : slow.promise,
    )
    await eventually('the retry to wait', async () => (await queues.of('crm').getDelayedCount()) === 1)
    slow.resolve(FINISH)
  })

  test('bury: is on the dead-letter queue under its own id', async () => {
    const ids = await Promise.all(Array.from({ length: 3 }, () => accept(store)))
    const own = ids.map((id) => refOf(id))
    await bundled(own)
    const dead = ids[1] ?? ''
    consume(async (ref) => {
      if (ref.eventId !== dead) return FINISH
      await bury(store, ref, 'rejected')
      return { kind: 'bury', reason: 'rejected' }
    })
    await eventually('the dead letter', async () => (await deadLetterJobIds(queues, 'crm')).length === 1)
    expect(await deadLetterJobIds(queues, 'crm')).toEqual([`${dead}.1`])
  })

  test('throttle: holds the target, and stays in the bundle with those that were not begun', async () => {
    const { settled, settle } = oneOf({ kind: 'throttle', delayMs: 60_000 })
    await bundled(refs(5))
    consume(settle, { target: { name: 'crm', concurrency: 3, rateLimit: undefined } })
    await eventually('the target to be held', async () => (await readHoldMs(queues, 'crm')) > 0)
    await eventually('the bundle to wait', async () => (await queues.of('crm').getWaitingCount()) === 1)
    expect(settled).toEqual(['evt_0', 'evt_1', 'evt_2'])
    const [job] = await queues.of('crm').getWaiting()
    expect(job?.data).toEqual(makeBundlePayload([refOf('evt_2'), refOf('evt_3'), refOf('evt_4')]))
  })

  test('an exception costs the others nothing: the bundle comes back, and they are found to be done', async () => {
    let tries = 0
    const settled: string[] = []
    await bundled(refs(3))
    consume(({ eventId }) => {
      if (eventId === 'evt_1' && ++tries === 1) return Promise.reject(new Error('a bug'))
      settled.push(eventId)
      return Promise.resolve(FINISH)
    })
    await eventually('the second try', () => settled.includes('evt_1'))
    expect(errors.map((error) => error.message)).toEqual(['a bug'])
  })
})

/** How often somebody asked Redis how long the queue is held. */
async function looksAtLimit(): Promise<number> {
  const stats = await store.redis.info('commandstats')
  return Number(/cmdstat_pttl:calls=(\d+)/.exec(stats)?.[1] ?? 0)
}

describe('a target that is held', () => {
  test('goes on soon after the hold is lifted, however long it was to be', async () => {
    const settled: string[] = []
    await holdTarget(queues, 'crm', 3_600_000)
    const before = await looksAtLimit()
    await bundled(refs(1))
    consume(({ eventId }) => {
      settled.push(eventId)
      return Promise.resolve(FINISH)
    })
    await eventually('the worker to meet the hold', async () => (await looksAtLimit()) > before)
    expect(settled).toEqual([])
    await releaseTarget(queues, 'crm')
    await eventually('the delivery', () => settled.length === 1, 5_000)
  })
})

describe('a target that is paused', () => {
  test('while a bundle waits for slots begins none of the rest, and resumed goes on with them', async () => {
    const gate = Promise.withResolvers<undefined>()
    const begun: string[] = []
    let nowMs = 0
    await bundled(refs(6))
    consume(
      async ({ eventId }) => {
        begun.push(eventId)
        await gate.promise
        return FINISH
      },
      { target: { name: 'crm', concurrency: 2, rateLimit: undefined }, now: () => nowMs },
    )
    await eventually('two to be begun', () => begun.length === 2)
    await pauseTarget(queues, 'crm')
    // Longer than a target that was seen open is taken to be so.
    nowMs += 60_000
    gate.resolve(undefined)
    await eventually(
      'the rest to be handed back',
      async () => (await queues.of('crm').getActiveCount()) === 0,
    )
    expect(begun).toHaveLength(2)
    await resumeTarget(queues, 'crm')
    await eventually('the rest to be begun', () => begun.length === 6)
  })
})

describe('stopping', () => {
  test('hands back what is not done, and another worker finishes it', async () => {
    const own = refs(6)
    await bundled(own)
    const first = consume(
      ({ eventId }, signal) =>
        eventId === 'evt_0'
          ? Promise.resolve(FINISH)
          : new Promise((resolve) => {
              signal.addEventListener('abort', () => {
                resolve({ kind: 'hand-back' })
              })
            }),
      { target: { name: 'crm', concurrency: 3, rateLimit: undefined } },
    )
    await eventually('some to be in flight', () => first.inFlight() === 3)
    await first.close(0)
    const [job] = await queues.of('crm').getWaiting()
    expect(job?.id).toBe(bundleIdOf(own))
    expect(job?.data).toEqual(makeBundlePayload(own.slice(1)))
    const settled: string[] = []
    consume(({ eventId }) => {
      settled.push(eventId)
      return Promise.resolve(FINISH)
    })
    await eventually('the rest to be settled', () => settled.length === 5)
  })

  test('a bundle of a newer version is left for a worker that can read it', async () => {
    const own = refs(2)
    await queues.of('crm').add('deliver', { ...makeBundlePayload(own), v: 3 }, { jobId: bundleIdOf(own) })
    consume(() => Promise.resolve(FINISH))
    await eventually('it to wait', async () => (await queues.of('crm').getDelayedCount()) === 1)
    expect(errors).toEqual([])
  })
})

test('an exception while others of the bundle wait for a slot goes unseen by nobody, and ends no process', async () => {
  const unseen: unknown[] = []
  const note = (error: unknown) => unseen.push(error)
  process.on('unhandledRejection', note)
  try {
    const settled = new Set<string>()
    let failed = false
    await bundled(refs(3))
    consume(
      ({ eventId }) => {
        if (eventId === 'evt_0' && !failed) {
          failed = true
          return Promise.reject(new Error('refused'))
        }
        settled.add(eventId)
        return Promise.resolve(FINISH)
      },
      { target: { name: 'crm', concurrency: 1, rateLimit: undefined }, stalledCheckMs: 300 },
    )
    await eventually('all to be settled', () => settled.size === 3)
    expect(unseen).toEqual([])
  } finally {
    process.off('unhandledRejection', note)
  }
})

test('a single delivery beside a bundle that holds it adds nothing: both are there, and the record decides', async () => {
  await bundled(refs(3))
  await enqueueDeliveries(queues, refs(3))
  expect(await readQueueDepth(queues, 'crm')).toMatchObject({ waiting: 4 })
})
