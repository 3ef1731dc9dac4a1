import type { Settlement } from '@manifold/domain'
import { describe, expect, test } from 'vitest'
import {
  accept,
  attemptAndSettle,
  attemptOf,
  bury,
  claim,
  dumpOf,
  keptDelivery,
  keptEvent,
  refOf,
} from '../../../test/support/store.ts'
import { useTestStore } from '../../../test/support/use-test-store.ts'
import { readAttempts } from './attempts.ts'
import { discardDelivery } from './discard.ts'
import { keys } from './keys.ts'
import { reopenDelivery } from './reopen.ts'
import { settleDelivery } from './settle.ts'

const store = useTestStore()

const SETTLEMENTS: readonly Settlement[] = [
  { kind: 'delivered' },
  { kind: 'retry', delayMs: 60_000 },
  { kind: 'defer', delayMs: 60_000 },
  { kind: 'dead', reason: 'rejected' },
]

describe('repeating', () => {
  test.each(SETTLEMENTS)('%o again changes nothing and answers the same', async (settlement) => {
    const ref = refOf(await accept(store, { targets: ['crm', 'email'] }))
    const { fence } = await claim(store, ref)
    const first = await attemptAndSettle(store, ref, settlement, fence)
    const before = await dumpOf(store)
    expect(await attemptAndSettle(store, ref, settlement, fence)).toEqual(first)
    expect(await dumpOf(store)).toEqual(before)
  })

  test('dead without an attempt again changes nothing and answers the same', async () => {
    const ref = refOf(await accept(store))
    const input = {
      ref,
      fence: 1,
      settlement: { kind: 'dead', reason: 'expired' },
      attempt: undefined,
    } as const
    const first = await settleDelivery(store, input)
    const before = await dumpOf(store)
    expect(await settleDelivery(store, input)).toEqual(first)
    expect(await dumpOf(store)).toEqual(before)
  })

  test('a repeated retry that another worker has overtaken records nothing twice', async () => {
    const ref = refOf(await accept(store))
    const { fence } = await claim(store, ref)
    await attemptAndSettle(store, ref, { kind: 'retry', delayMs: 0 }, fence)
    await attemptAndSettle(store, ref, { kind: 'retry', delayMs: 0 })
    const before = await dumpOf(store)
    expect(await attemptAndSettle(store, ref, { kind: 'retry', delayMs: 0 }, fence)).toEqual({
      kind: 'superseded',
    })
    expect(await dumpOf(store)).toEqual(before)
  })
})

describe('the end of a delivery', () => {
  const ends: readonly [string, (eventId: string) => Promise<unknown>][] = [
    ['delivered', (eventId) => attemptAndSettle(store, refOf(eventId), { kind: 'delivered' })],
    ['dead', (eventId) => bury(store, refOf(eventId))],
    [
      'discarded',
      (eventId) => bury(store, refOf(eventId)).then(() => discardDelivery(store, eventId, 'crm')),
    ],
  ]
  const leaving = ends.flatMap(([status, end]) =>
    SETTLEMENTS.filter(({ kind }) => kind !== status).map((settlement) => ({ status, settlement, end })),
  )

  test.each(leaving)(
    '$status is not left by settling $settlement.kind',
    async ({ status, settlement, end }) => {
      const eventId = await accept(store, { targets: ['crm', 'email'] })
      const { fence } = await claim(store, refOf(eventId))
      await end(eventId)
      const { attempts, endedAtMs, reason } = await keptDelivery(store, refOf(eventId))
      // A later fence: only the end itself protects it.
      const result = await attemptAndSettle(store, refOf(eventId), settlement, fence + 5)
      expect(result).toEqual({ kind: 'terminal', status })
      const after = { status, endedAtMs, reason, attempts: attempts + 1, nextAttemptAtMs: undefined }
      expect(await keptDelivery(store, refOf(eventId))).toMatchObject(after)
      expect(await store.redis.hget(keys.event(eventId), 'pending')).toBe('1')
    },
  )
})

describe('two workers', () => {
  const notDelivered = SETTLEMENTS.filter(({ kind }) => kind !== 'delivered')

  test.each(notDelivered)(
    'a superseded $kind is recorded as an attempt and changes no state',
    async (settlement) => {
      const ref = refOf(await accept(store))
      const { fence } = await claim(store, ref)
      await claim(store, ref)
      expect(await attemptAndSettle(store, ref, settlement, fence)).toEqual({ kind: 'superseded' })
      expect(await keptDelivery(store, ref)).toMatchObject({ status: 'pending', attempts: 1 })
      expect(await claim(store, ref)).toMatchObject({ spent: 0 })
    },
  )

  test('a superseded worker that delivered still settles the delivery', async () => {
    const ref = refOf(await accept(store))
    const { fence } = await claim(store, ref)
    const later = await claim(store, ref)
    const result = await attemptAndSettle(store, ref, { kind: 'delivered' }, fence)
    expect(result).toMatchObject({ kind: 'applied', status: 'delivered', eventStatus: 'delivered' })
    const retry = await attemptAndSettle(store, ref, { kind: 'retry', delayMs: 0 }, later.fence)
    expect(retry).toEqual({ kind: 'terminal', status: 'delivered' })
    expect(await keptDelivery(store, ref)).toMatchObject({ status: 'delivered', attempts: 2 })
  })

  test('two workers that both delivered count the delivery once', async () => {
    const ref = refOf(await accept(store, { targets: ['crm', 'email'] }))
    const first = await claim(store, ref)
    const second = await claim(store, ref)
    await attemptAndSettle(store, ref, { kind: 'delivered' }, second.fence)
    const result = await attemptAndSettle(store, ref, { kind: 'delivered' }, first.fence)
    expect(result).toMatchObject({ kind: 'applied', status: 'delivered', eventStatus: 'pending' })
    // That its attempt alone is new is answered, also when it is asked again.
    expect(result).toMatchObject({ endedBefore: true, attemptNumber: 2 })
    expect(await attemptAndSettle(store, ref, { kind: 'delivered' }, first.fence)).toEqual(result)
    const own = await attemptAndSettle(store, ref, { kind: 'delivered' }, second.fence)
    expect(own).toMatchObject({ kind: 'applied', endedBefore: false, attemptNumber: 1 })
    const fields = await store.redis.hgetall(keys.event(ref.eventId))
    expect(fields).toMatchObject({ pending: '1', deliveredCount: '1', deadCount: '0' })
    expect(await readAttempts(store, ref.eventId)).toHaveLength(2)
  })

  test('50 concurrent settlements of one claim record one attempt and count down once', async () => {
    const ref = refOf(await accept(store, { targets: ['crm', 'email'] }))
    const { fence } = await claim(store, ref)
    await Promise.all(
      Array.from({ length: 50 }, () => attemptAndSettle(store, ref, { kind: 'delivered' }, fence)),
    )
    expect(await readAttempts(store, ref.eventId)).toHaveLength(1)
    expect(await store.redis.hget(keys.event(ref.eventId), 'pending')).toBe('1')
  })
})

describe('a generation that a replay has left behind', () => {
  test.each(SETTLEMENTS)(
    'records its attempt and changes no state when it settles $kind',
    async (settlement) => {
      const ref = refOf(await accept(store))
      const { fence } = await claim(store, ref)
      await bury(store, ref)
      await reopenDelivery(store, ref.eventId, ref.target)
      expect(await attemptAndSettle(store, ref, settlement, fence)).toEqual({ kind: 'stale' })
      expect(await keptDelivery(store, ref)).toMatchObject({ status: 'pending', attempts: 1, generation: 2 })
      expect(await keptEvent(store, ref.eventId)).toMatchObject({ status: 'pending', settledAtMs: undefined })
      expect(await store.redis.hget(keys.event(ref.eventId), 'pending')).toBe('1')
    },
  )

  test('does not count its attempts against the new generation', async () => {
    const ref = refOf(await accept(store))
    const { fence } = await claim(store, ref)
    await bury(store, ref)
    await reopenDelivery(store, ref.eventId, ref.target)
    const late = { ref, fence, settlement: { kind: 'retry', delayMs: 60_000 } } as const
    await settleDelivery(store, { ...late, attempt: attemptOf('retryable') })
    expect(await claim(store, { ...ref, generation: 2 })).toMatchObject({ spent: 0, attempts: 1 })
  })
})

test('repeating a deferral that made no request moves nothing: not its time, not the change feed', async () => {
  await accept(store, { id: 'evt_defer' })
  const { fence } = await claim(store, refOf('evt_defer', 'crm'))
  const input = {
    ref: refOf('evt_defer', 'crm'),
    fence,
    settlement: { kind: 'defer', delayMs: 60_000 },
    attempt: undefined,
  } as const
  const first = await settleDelivery(store, input)
  const changes = await store.redis.xlen(keys.changes)
  expect(await settleDelivery(store, input)).toEqual(first)
  expect(await store.redis.xlen(keys.changes)).toBe(changes)
})
