/** Queues and workers whose processes' clocks are wrong: what is due when is told by Redis's. */
import { afterEach, beforeEach, expect, test, vi } from 'vitest'
import { eventually } from '../../../test/support/eventually.ts'
import { refOf } from '../../../test/support/store.ts'
import { useTestStore } from '../../../test/support/use-test-store.ts'
import { consumeDeliveries, type Consumer } from './consume-deliveries.ts'
import { enqueueDeliveries, enqueueLater } from './enqueue-deliveries.ts'
import { openQueues, type Queues } from './queues.ts'
import type { Verdict } from './verdict.ts'

const HOUR_MS = 3_600_000
const DELAY_MS = 300
/** As BullMQ keeps them: milliseconds, and twelve bits of a counter. */
const SCORES_PER_MS = 0x1000

const store = useTestStore()
const realNow = Date.now
/** By Redis's clock: on this machine that is what the clock of the process was before it was moved. */
const redisNow = () => realNow()
let queues: Queues
let consumer: Consumer | undefined

beforeEach(() => {
  queues = openQueues(store.redis, () => undefined, redisNow)
})

afterEach(async () => {
  await consumer?.close(1_000)
  consumer = undefined
  await queues.close()
  vi.restoreAllMocks()
})

/** Only where it is asked for: timers go on as they are. */
function moveClock(byMs: number): void {
  vi.spyOn(Date, 'now').mockImplementation(() => realNow() + byMs)
}

/** Works until a delivery was given so many verdicts. @returns when each was asked for */
async function workThrough(verdicts: readonly Verdict[]): Promise<number[]> {
  const takenAtMs: number[] = []
  consumer = consumeDeliveries({
    target: { name: 'crm', concurrency: 1, rateLimit: undefined },
    store,
    queues,
    deliver: (refs) =>
      refs.map(() => {
        takenAtMs.push(performance.now())
        return Promise.resolve(verdicts[takenAtMs.length - 1] ?? { kind: 'finish' })
      }),
    refuse: () => Promise.resolve({ kind: 'finish' }),
    lockMs: 30_000,
    stalledCheckMs: 30_000,
    onError: () => undefined,
    onStalled: () => undefined,
    onLost: () => undefined,
    onNewer: () => undefined,
  })
  await eventually('all verdicts to be given', () => takenAtMs.length >= verdicts.length)
  return takenAtMs
}

async function dueInMs(): Promise<number> {
  const [, score] = await store.redis.zrange('{manifold}:queue:crm:delayed', '0', '0', 'WITHSCORES')
  return Number(score) / SCORES_PER_MS - redisNow()
}

const CLOCKS = [
  { clock: 'an hour ahead', byMs: HOUR_MS },
  { clock: 'an hour behind', byMs: -HOUR_MS },
]

test.each(CLOCKS)('a process whose clock is $clock puts deliveries off by Redis’s', async ({ byMs }) => {
  moveClock(byMs)
  await enqueueLater(queues, refOf('evt_1'), 10_000)
  expect(await dueInMs()).toBeGreaterThan(5_000)
  expect(await dueInMs()).toBeLessThanOrEqual(10_001)
})

test.each(CLOCKS)(
  'a worker whose clock is $clock takes what others put off when it is due',
  async ({ byMs }) => {
    await enqueueLater(queues, refOf('evt_1'), DELAY_MS)
    const putOffAtMs = performance.now()
    moveClock(byMs)
    const [takenAtMs = 0] = await workThrough([{ kind: 'finish' }])
    expect(takenAtMs - putOffAtMs).toBeGreaterThan(DELAY_MS - 50)
  },
)

test.each(CLOCKS)(
  'what a worker whose clock is $clock retries or defers is due when it is meant to be',
  async ({ byMs }) => {
    moveClock(byMs)
    await enqueueDeliveries(queues, [refOf('evt_1')])
    const [first = 0, second = 0, third = 0] = await workThrough([
      { kind: 'retry', delayMs: DELAY_MS },
      { kind: 'defer', delayMs: DELAY_MS },
      { kind: 'finish' },
    ])
    for (const waitedMs of [second - first, third - second]) expect(waitedMs).toBeGreaterThan(DELAY_MS - 50)
    await consumer?.close(1_000)
  },
)

test('a retry that is put off by a worker with a wrong clock is due by Redis’s', async () => {
  moveClock(HOUR_MS)
  await enqueueDeliveries(queues, [refOf('evt_1')])
  await workThrough([{ kind: 'retry', delayMs: 10_000 }])
  await eventually('the retry', async () => (await store.redis.zcard('{manifold}:queue:crm:delayed')) === 1)
  expect(await dueInMs()).toBeLessThanOrEqual(10_001)
})

test('a worker whose clock is ahead fetches nothing that is not due when a job ends', async () => {
  await enqueueLater(queues, refOf('evt_2'), 60_000)
  moveClock(HOUR_MS)
  await enqueueDeliveries(queues, [refOf('evt_1')])
  await workThrough([{ kind: 'finish' }])
  await eventually('the job to end', async () => (await queues.of('crm').getActiveCount()) === 0)
  expect(await queues.of('crm').getDelayedCount()).toBe(1)
})
