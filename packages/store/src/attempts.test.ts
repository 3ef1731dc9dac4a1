import { expect, test } from 'vitest'
import {
  accept,
  attemptAndSettle,
  attemptOf,
  claim,
  keptDelivery,
  refOf,
} from '../../../test/support/store.ts'
import { useTestStore } from '../../../test/support/use-test-store.ts'
import { readAttempts } from './attempts.ts'
import { readLastMinute } from './rates.ts'
import { reopenDelivery } from './reopen.ts'
import { settleDelivery } from './settle.ts'

const store = useTestStore()

test('an event without attempts has none', async () => {
  expect(await readAttempts(store, await accept(store))).toEqual([])
})

test('the attempts of all deliveries of an event are listed together, oldest first', async () => {
  const eventId = await accept(store, { targets: ['crm', 'email'] })
  for (const [target, atMs] of [
    ['crm', 3_000],
    ['email', 1_000],
    ['crm', 2_000],
  ] as const) {
    const ref = refOf(eventId, target)
    const { fence } = await claim(store, ref)
    const attempt = attemptOf('retryable', { atMs })
    await settleDelivery(store, { ref, fence, settlement: { kind: 'retry', delayMs: 0 }, attempt })
  }
  const attempts = await readAttempts(store, eventId)
  expect(attempts.map(({ target, atMs }) => [target, atMs])).toEqual([
    ['email', 1_000],
    ['crm', 2_000],
    ['crm', 3_000],
  ])
})

test('every attempt is kept in order, with its number, over all generations', async () => {
  const ref = refOf(await accept(store))
  const error = 'connect ECONNREFUSED'
  const first = attemptOf('retryable', { atMs: 1_000, httpStatus: null, error })
  const { fence } = await claim(store, ref)
  await settleDelivery(store, {
    ref,
    fence,
    settlement: { kind: 'dead', reason: 'exhausted' },
    attempt: first,
  })
  await reopenDelivery(store, ref.eventId, ref.target)
  const again = { ...ref, generation: 2 }
  const second = attemptOf('delivered', { atMs: 2_000 })
  const { fence: nextFence } = await claim(store, again)
  await settleDelivery(store, {
    ref: again,
    fence: nextFence,
    settlement: { kind: 'delivered' },
    attempt: second,
  })
  const own = { deliveryId: `${ref.eventId}-crm`, target: 'crm' }
  expect(await readAttempts(store, ref.eventId)).toEqual([
    { ...first, ...own, number: 1, generation: 1 },
    { ...second, ...own, number: 2, generation: 2 },
  ])
  expect((await keptDelivery(store, ref)).lastAttempt).toEqual({ ...second, number: 2 })
})

test("each attempt counts once in the target's rates, by its outcome", async () => {
  const ref = refOf(await accept(store))
  await attemptAndSettle(store, ref, { kind: 'retry', delayMs: 0 })
  await attemptAndSettle(store, ref, { kind: 'defer', delayMs: 0 })
  await attemptAndSettle(store, ref, { kind: 'delivered' })
  expect(await readLastMinute(store, 'crm')).toEqual({
    delivered: 1,
    retryable: 1,
    permanent: 0,
    throttled: 1,
  })
  expect(await readLastMinute(store, 'email')).toEqual({
    delivered: 0,
    retryable: 0,
    permanent: 0,
    throttled: 0,
  })
})
