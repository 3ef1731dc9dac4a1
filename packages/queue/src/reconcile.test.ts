import { overdueOutbox, outboxSize, discardDelivery, reopenDelivery, type OutboxEntry } from '@manifold/store'
import { describe, expect, test } from 'vitest'
import { eventually } from '../../../test/support/eventually.ts'
import { accept, attemptAndSettle, bury, keptEvent, refOf } from '../../../test/support/store.ts'
import { useTestQueues, useTestStore } from '../../../test/support/use-test-store.ts'
import { addDeadLetter, deadLetterJobIds } from './dead-letter-queue.ts'
import { reconcile } from './reconcile.ts'

const store = useTestStore()
const queues = useTestQueues(store)

async function reconcileOutbox(): Promise<readonly OutboxEntry[]> {
  const entries = await overdueOutbox(store, 0, 100)
  await reconcile(store, queues, entries)
  return entries
}

async function jobIds(target = 'crm'): Promise<string[]> {
  const jobs = await queues.of(target).getJobs(['wait', 'prioritized'])
  return jobs.map((job) => job.id ?? '').sort()
}

/** Dead in the record and on the dead-letter queue, and off the outbox. */
async function deadLetter(id: string): Promise<void> {
  await accept(store, { id })
  await bury(store, refOf(id), 'gone')
  await addDeadLetter(queues, refOf(id), 'gone')
  await reconcileOutbox()
}

describe('an accepted event', () => {
  test('has every delivery enqueued, and leaves the outbox', async () => {
    const eventId = await accept(store, { targets: ['crm', 'email'] })
    await reconcileOutbox()
    expect(await jobIds('crm')).toEqual([`${eventId}.1`])
    expect(await jobIds('email')).toEqual([`${eventId}.1`])
    expect(await outboxSize(store)).toBe(0)
  })

  test('has only those deliveries enqueued that have not ended', async () => {
    const eventId = await accept(store, { targets: ['crm', 'email', 'billing'] })
    await attemptAndSettle(store, refOf(eventId, 'crm'), { kind: 'delivered' })
    await bury(store, refOf(eventId, 'email'))
    await attemptAndSettle(store, refOf(eventId, 'billing'), { kind: 'retry', delayMs: 60_000 })
    await reconcileOutbox()
    expect(await jobIds('crm')).toEqual([])
    expect(await jobIds('email')).toEqual([])
    expect(await jobIds('billing')).toEqual([`${eventId}.1`])
  })

  test('is enqueued in the generation its delivery is in now', async () => {
    const eventId = await accept(store)
    await bury(store, refOf(eventId))
    await reopenDelivery(store, eventId, 'crm')
    await reconcile(store, queues, [{ kind: 'event', eventId }])
    expect(await jobIds()).toEqual([`${eventId}.2`])
  })

  test('that is no longer kept just leaves the outbox', async () => {
    const eventId = await accept(store)
    await store.redis.del(...(await store.redis.keys('*:event:*')))
    await reconcile(store, queues, [{ kind: 'event', eventId }])
    expect(await outboxSize(store)).toBe(0)
    expect(await jobIds()).toEqual([])
  })
})

describe('a replayed delivery', () => {
  test('is enqueued, and its dead letter leaves the queue', async () => {
    await deadLetter('evt_a')
    expect(await deadLetterJobIds(queues, 'crm')).toEqual(['evt_a.1'])
    await reopenDelivery(store, 'evt_a', 'crm')
    expect(await reconcileOutbox()).toHaveLength(1)
    expect(await jobIds()).toEqual(['evt_a.2'])
    expect(await deadLetterJobIds(queues, 'crm')).toEqual([])
    expect(await outboxSize(store)).toBe(0)
  })

  test('leaves the dead letters of others where they are', async () => {
    await deadLetter('evt_a')
    await deadLetter('evt_b')
    await reopenDelivery(store, 'evt_a', 'crm')
    await reconcileOutbox()
    expect(await deadLetterJobIds(queues, 'crm')).toEqual(['evt_b.1'])
  })

  test('that has died again meanwhile is on the dead-letter queue in its new generation only', async () => {
    await deadLetter('evt_a')
    await reopenDelivery(store, 'evt_a', 'crm')
    await bury(store, refOf('evt_a', 'crm', 2), 'expired')
    await reconcileOutbox()
    expect(await deadLetterJobIds(queues, 'crm')).toEqual(['evt_a.2'])
    const [job] = await queues.deadOf('crm').getJobs('wait')
    expect(job?.data).toMatchObject({ eventId: 'evt_a', generation: 2, reason: 'expired' })
    expect(await jobIds()).toEqual([])
  })

  test('that was delivered meanwhile is neither enqueued nor a dead letter', async () => {
    await deadLetter('evt_a')
    await reopenDelivery(store, 'evt_a', 'crm')
    await attemptAndSettle(store, refOf('evt_a', 'crm', 2), { kind: 'delivered' })
    await reconcileOutbox()
    expect(await deadLetterJobIds(queues, 'crm')).toEqual([])
    expect(await jobIds()).toEqual([])
  })

  test('that is no longer kept, or was never there, just leaves the outbox', async () => {
    const eventId = await accept(store)
    const unknown = { kind: 'delivery', ref: refOf('evt_unknown', 'crm', 2) } as const
    const otherTarget = { kind: 'delivery', ref: refOf(eventId, 'nobody', 2) } as const
    await reconcile(store, queues, [unknown, otherTarget])
    expect(await jobIds('crm')).toEqual([])
    expect(await jobIds('nobody')).toEqual([])
  })
})

test('a discarded delivery leaves the dead-letter queue, and is not enqueued', async () => {
  await deadLetter('evt_a')
  await discardDelivery(store, 'evt_a', 'crm')
  await reconcileOutbox()
  expect(await deadLetterJobIds(queues, 'crm')).toEqual([])
  expect(await jobIds()).toEqual([])
  expect(await outboxSize(store)).toBe(0)
})

test('a discarded delivery leaves the dead-letter queue also where its event is no longer kept', async () => {
  const ref = refOf('evt_forgotten')
  await addDeadLetter(queues, ref, 'gone')
  await reconcile(store, queues, [{ kind: 'delivery', ref }])
  expect(await deadLetterJobIds(queues, 'crm')).toEqual([])
})

test('a callback that is owed is paid though a dead letter of its event was discarded meanwhile', async () => {
  const eventId = await accept(store, { callbackUrl: 'https://hooks.example.com/done' })
  await bury(store, refOf(eventId))
  const { settledAtMs = 0 } = await keptEvent(store, eventId)
  await eventually('a later time', () => Date.now() > settledAtMs)
  await discardDelivery(store, eventId, 'crm')
  await reconcileOutbox()
  expect(await jobIds('callbacks')).toHaveLength(1)
  expect(await outboxSize(store)).toBe(0)
})

test('reconciling again, or twice at once, changes nothing', async () => {
  await deadLetter('evt_a')
  await reopenDelivery(store, 'evt_a', 'crm')
  await accept(store, { id: 'evt_b' })
  const entries = await overdueOutbox(store, 0, 100)
  expect(entries).toHaveLength(2)
  await Promise.all([reconcile(store, queues, entries), reconcile(store, queues, entries)])
  await reconcile(store, queues, entries)
  expect(await jobIds()).toEqual(['evt_a.2', 'evt_b.1'])
  expect(await deadLetterJobIds(queues, 'crm')).toEqual([])
})

test('what a queue could not take stays on the outbox, and is enqueued later', async () => {
  const eventId = await accept(store)
  await store.redis.config('SET', 'maxmemory', '1')
  try {
    await expect(reconcileOutbox()).rejects.toThrow('OOM')
  } finally {
    await store.redis.config('SET', 'maxmemory', '0')
  }
  expect(await outboxSize(store)).toBe(1)
  await reconcileOutbox()
  expect(await jobIds()).toEqual([`${eventId}.1`])
  expect(await outboxSize(store)).toBe(0)
})

test('reconciling nothing does nothing', async () => {
  await reconcile(store, queues, [])
  expect(await store.redis.dbsize()).toBe(0)
})
