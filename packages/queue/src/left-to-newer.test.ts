/** What a newer version put on the queues stays for its workers: no attempt, nothing lost, and no haste about it. */
import { JOB_VERSION, RECORD_VERSION, type DeliveryRef } from '@manifold/domain'
import { keys, TELL_NOBODY } from '@manifold/store'
import { afterAll, afterEach, beforeAll, beforeEach, expect, test } from 'vitest'
import { eventually } from '../../../test/support/eventually.ts'
import { accept, keptDelivery, refOf, startTestStore, type TestStore } from '../../../test/support/store.ts'
import { buryWaiting, type Passed } from './bury-removed.ts'
import { consumeDeliveries, type Consumer } from './consume-deliveries.ts'
import { enqueueBundled, enqueueDeliveries, enqueueLater } from './enqueue-deliveries.ts'
import { jobIdOf, makePayload } from './job-payload.ts'
import { openQueues, type Queues } from './queues.ts'
import { relayOnce } from './relay.ts'
import { readQueueDepth } from './target-queue.ts'
import type { Verdict } from './verdict.ts'

let store: TestStore
let queues: Queues
let consumer: Consumer | undefined
let left: string[] = []
const errors: Error[] = []

beforeAll(async () => {
  store = await startTestStore()
  queues = openQueues(store.redis, () => undefined)
})
beforeEach(async () => {
  await store.clear()
  left = []
  errors.length = 0
})
afterEach(async () => {
  await consumer?.close(0)
  consumer = undefined
})
afterAll(async () => {
  await queues.close()
  await store.close()
})

const NEWER = { v: JOB_VERSION.newest + 1, whatItCarries: 'only a newer worker knows' }
const NEWER_STATE = `pending 1 0 0 0 0 - - - - - - - 0 ${String(RECORD_VERSION + 1)}`

/** A worker whose deliveries come to what `verdictOf` says. */
function consume(verdictOf: (ref: DeliveryRef) => Verdict): void {
  consumer = consumeDeliveries({
    target: { name: 'crm', concurrency: 50, rateLimit: undefined },
    store,
    queues,
    deliver: (refs) => refs.map((ref) => Promise.resolve(verdictOf(ref))),
    refuse: () => {
      throw new Error('nothing here is to be refused')
    },
    lockMs: 30_000,
    stalledCheckMs: 30_000,
    onError: (error) => errors.push(error),
    onStalled: () => undefined,
    onLost: () => undefined,
    onNewer: (entry) => left.push(entry),
  })
}

const FINISH: Verdict = { kind: 'finish' }
const delayOf = async (jobId: string) => (await queues.of('crm').getJob(jobId))?.delay ?? 0

/** What is put off comes back by itself, so a test that looks late sees it put off again: it asks for no single time. */
const putOff = (jobId: string) =>
  eventually(`${jobId} to be put off`, async () => left.includes(jobId) && (await delayOf(jobId)) >= 500)

test('a newer job is put off unread, longer each time, and what is behind it is delivered', async () => {
  const delivered: string[] = []
  await queues.of('crm').add('deliver', NEWER, { jobId: 'of-a-newer-kind' })
  await enqueueDeliveries(queues, [refOf('evt_1')])
  consume(({ eventId }) => {
    delivered.push(eventId)
    return FINISH
  })
  await eventually('the delivery behind it', () => delivered.length === 1)
  await eventually('it to be put off again and again, each time for twice as long', async () => {
    const times = left.length
    return times >= 2 && (await delayOf('of-a-newer-kind')) === 500 * 2 ** (times - 1)
  })
  expect(new Set(left)).toEqual(new Set(['of-a-newer-kind']))
  const job = await queues.of('crm').getJob('of-a-newer-kind')
  expect(job).toMatchObject({ data: NEWER, attemptsMade: 0 })
  expect(errors).toEqual([])
})

test('a delivery whose record is newer is put off with its job', async () => {
  await enqueueDeliveries(queues, [refOf('evt_1')])
  consume(() => ({ kind: 'newer' }))
  await putOff('evt_1.1')
  await eventually('it alone to be left', async () => {
    const { waiting, delayed, inFlight } = await readQueueDepth(queues, 'crm')
    return waiting + inFlight === 0 && delayed === 1
  })
  expect(new Set(left)).toEqual(new Set(['evt_1.1']))
})

test('of a bundle the others are delivered, and the newer one waits in a job of its own', async () => {
  const refs = ['evt_1', 'evt_2', 'evt_3'].map((eventId) => refOf(eventId))
  await enqueueBundled(queues, refs, () => 20)
  consume(({ eventId }) => (eventId === 'evt_2' ? { kind: 'newer' } : FINISH))
  await putOff('evt_2.1')
  await eventually('the bundle to go', async () => {
    const { waiting, delayed, inFlight } = await readQueueDepth(queues, 'crm')
    return waiting + inFlight === 0 && delayed === 1
  })
  expect(new Set(left)).toEqual(new Set(['evt_2.1']))
})

test('whoever buries what waits for a removed target leaves newer jobs and newer records as they are', async () => {
  const [own, newer] = [await accept(store), await accept(store)]
  await store.redis.hset(keys.event(newer), 'crm/state', NEWER_STATE)
  await enqueueDeliveries(queues, [refOf(own), refOf(newer)])
  await queues.of('crm').add('deliver', NEWER, { jobId: 'of-a-newer-kind' })
  expect(await buryWaiting(store, queues, 'crm', 100)).toMatchObject({ buried: 1 })
  expect(await keptDelivery(store, refOf(own))).toMatchObject({ status: 'dead' })
  expect(await store.redis.hget(keys.event(newer), 'crm/state')).toBe(NEWER_STATE)
  const jobs = await queues.of('crm').getJobs(['wait'])
  expect(jobs.map(({ id }) => id).sort()).toEqual([jobIdOf(refOf(newer)), 'of-a-newer-kind'].sort())
  expect(jobs.map(({ data }) => data as unknown)).toContainEqual(makePayload(refOf(newer)))
})

test('what a newer version left, however much, holds up no burial of what is behind it', async () => {
  const options = (index: number, delay: number) => ({ jobId: `newer-${String(index)}`, delay })
  for (const [from, delay] of [
    [0, 0],
    [150, 1_000],
  ] as const)
    await queues.of('crm').addBulk(
      Array.from({ length: 150 }, (_, index) => ({
        name: 'deliver',
        data: NEWER,
        opts: options(from + index, delay),
      })),
    )
  const [waiting, delayed] = [refOf(await accept(store)), refOf(await accept(store))]
  await enqueueDeliveries(queues, [waiting])
  await enqueueLater(queues, delayed, 3_600_000)
  let total = { buried: 0, newer: 0 }
  let passed: Passed | undefined
  for (let more = true; more;) {
    const burial = await buryWaiting(store, queues, 'crm', 100, { passed })
    total = { buried: total.buried + burial.buried, newer: total.newer + burial.newer }
    ;({ passed, more } = burial)
  }
  expect(total).toEqual({ buried: 2, newer: 300 })
  for (const ref of [waiting, delayed])
    expect(await keptDelivery(store, ref)).toMatchObject({ status: 'dead', reason: 'unknown-target' })
})

test('the relay passes over newer entries, however many are in front, and ends', async () => {
  const eventId = await accept(store)
  const newer = Array.from({ length: 600 }, (_, index) => [
    1,
    `evt_${String(index)}/crm/1/unheard-of/detail`,
  ]).flat()
  await store.redis.zadd(keys.outbox, ...newer)
  const deps = {
    store,
    queues,
    holder: 'me',
    ageMs: 1,
    telling: TELL_NOBODY,
    onRescued: () => undefined,
    onFailed: () => undefined,
  }
  await eventually('the event behind them', async () => (await relayOnce(deps)) === 1)
  expect(await queues.of('crm').getJob(`${eventId}.1`)).toBeDefined()
  expect(await store.redis.zcard(keys.outbox)).toBe(600)
})
