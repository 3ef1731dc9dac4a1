import { describe, expect, test } from 'vitest'
import {
  accept,
  attemptAndSettle,
  attemptOf,
  claim,
  keptDelivery,
  keptEvent,
  refOf,
} from '../../../test/support/store.ts'
import { useTestStore } from '../../../test/support/use-test-store.ts'
import { readAttempts } from './attempts.ts'
import { keys } from './keys.ts'
import { settleDelivery } from './settle.ts'

const store = useTestStore()

describe('each settlement', () => {
  test('delivered ends the delivery and its event', async () => {
    const ref = refOf(await accept(store))
    const result = await attemptAndSettle(store, ref, { kind: 'delivered' })
    expect(result).toEqual({
      kind: 'applied',
      endedBefore: false,
      attemptNumber: 1,
      status: 'delivered',
      nextAttemptAtMs: undefined,
      eventStatus: 'delivered',
    })
    const delivery = await keptDelivery(store, ref)
    expect(delivery).toMatchObject({ status: 'delivered', attempts: 1, reason: undefined })
    const event = await keptEvent(store, ref.eventId)
    expect(event.settledAtMs).toBe(delivery.endedAtMs)
    expect(event.settledAtMs).toBeGreaterThanOrEqual(event.acceptedAtMs)
  })

  test.each([
    [{ kind: 'retry', delayMs: 60_000 }, 'retrying', 1],
    [{ kind: 'defer', delayMs: 60_000 }, 'deferred', 0],
  ] as const)(
    '%o leaves the delivery %s, to be attempted after the delay',
    async (settlement, status, spent) => {
      const ref = refOf(await accept(store))
      const result = await attemptAndSettle(store, ref, settlement)
      const delivery = await keptDelivery(store, ref)
      expect(delivery).toMatchObject({ status, attempts: 1, endedAtMs: undefined })
      const { acceptedAtMs, settledAtMs } = await keptEvent(store, ref.eventId)
      expect(delivery.nextAttemptAtMs).toBeGreaterThanOrEqual(acceptedAtMs + 60_000)
      expect(delivery.nextAttemptAtMs).toBeLessThan(acceptedAtMs + 70_000)
      expect(settledAtMs).toBeUndefined()
      expect(result).toEqual({
        kind: 'applied',
        endedBefore: false,
        attemptNumber: 1,
        status,
        nextAttemptAtMs: delivery.nextAttemptAtMs,
        eventStatus: 'pending',
      })
      const state = await store.redis.hget(keys.event(ref.eventId), 'crm/state')
      expect(Number(state?.split(' ')[4])).toBe(spent)
    },
  )

  test('dead makes the delivery a dead letter with its reason', async () => {
    const ref = refOf(await accept(store))
    const result = await attemptAndSettle(store, ref, { kind: 'dead', reason: 'rejected' })
    expect(result).toEqual({
      kind: 'applied',
      endedBefore: false,
      attemptNumber: 1,
      status: 'dead',
      nextAttemptAtMs: undefined,
      eventStatus: 'failed',
    })
    const delivery = await keptDelivery(store, ref)
    expect(delivery).toMatchObject({ status: 'dead', reason: 'rejected', attempts: 1 })
    const entry = [delivery.id, String(delivery.endedAtMs)]
    expect(await store.redis.zrange(keys.deadLetters, '0', '-1', 'WITHSCORES')).toEqual(entry)
    expect(await store.redis.zrange(keys.deadLettersOf('crm'), '0', '-1', 'WITHSCORES')).toEqual(entry)
  })

  test('a delivery that ends has no next attempt any more', async () => {
    const ref = refOf(await accept(store))
    await attemptAndSettle(store, ref, { kind: 'retry', delayMs: 0 })
    await attemptAndSettle(store, ref, { kind: 'delivered' })
    expect(await keptDelivery(store, ref)).toMatchObject({ attempts: 2, nextAttemptAtMs: undefined })
  })

  test('a settlement without a request records no attempt', async () => {
    const ref = refOf(await accept(store))
    const { fence } = await claim(store, ref)
    await settleDelivery(store, {
      ref,
      fence,
      settlement: { kind: 'dead', reason: 'expired' },
      attempt: undefined,
    })
    expect(await keptDelivery(store, ref)).toMatchObject({
      status: 'dead',
      attempts: 0,
      lastAttempt: undefined,
    })
    expect(await readAttempts(store, ref.eventId)).toEqual([])
  })

  test('what is not kept is missing', async () => {
    const eventId = await accept(store)
    for (const ref of [refOf('evt_unknown'), refOf(eventId, 'nobody')]) {
      const settlement = { kind: 'delivered' } as const
      const attempt = attemptOf('delivered')
      expect(await settleDelivery(store, { ref, fence: 1, settlement, attempt })).toEqual({ kind: 'missing' })
    }
    expect(await readAttempts(store, eventId)).toEqual([])
  })
})

describe('the event', () => {
  const delivered = { kind: 'delivered' } as const
  const dead = { kind: 'dead', reason: 'rejected' } as const

  test.each([
    ['delivered', [delivered, delivered]],
    ['partially_delivered', [delivered, dead]],
    ['partially_delivered', [dead, delivered]],
    ['failed', [dead, dead]],
  ] as const)('is %s when its deliveries ended as %o', async (status, settlements) => {
    const eventId = await accept(store, { targets: ['crm', 'email'] })
    const first = await attemptAndSettle(store, refOf(eventId, 'crm'), settlements[0])
    expect(first).toMatchObject({ eventStatus: 'pending' })
    expect(await keptEvent(store, eventId)).toMatchObject({ status: 'pending', settledAtMs: undefined })
    const second = await attemptAndSettle(store, refOf(eventId, 'email'), settlements[1])
    expect(second).toMatchObject({ eventStatus: status })
    const event = await keptEvent(store, eventId)
    expect(event.status).toBe(status)
    expect(event.settledAtMs).toBe(event.deliveries[1]?.endedAtMs)
  })

  test.each([
    ['retention of a settled event', delivered, 'settledMs'],
    ['longer retention of an event with a dead letter', dead, 'deadMs'],
  ] as const)('is kept for the %s', async (_name, settlement, retention) => {
    const eventId = await accept(store)
    await attemptAndSettle(store, refOf(eventId), settlement)
    const { settledAtMs = 0 } = await keptEvent(store, eventId)
    expect(Number(await store.redis.zscore(keys.retention, eventId))).toBe(
      settledAtMs + store.retention[retention],
    )
  })

  test('is not due to be forgotten while a delivery is open', async () => {
    const eventId = await accept(store, { targets: ['crm', 'email'] })
    await attemptAndSettle(store, refOf(eventId, 'crm'), dead)
    expect(await store.redis.zscore(keys.retention, eventId)).toBeNull()
  })
})
