/** What is too old to be attempted asks nothing of the breaker: it neither waits for it nor takes the place of a probe. */
import { expect, test } from 'vitest'
import { accept, attemptAndSettle, attemptOf, refOf } from '../../../test/support/store.ts'
import { useTestStore } from '../../../test/support/use-test-store.ts'
import { claimDeliveries, claimDelivery } from './claim.ts'
import { keys } from './keys.ts'
import { settleDelivery } from './settle.ts'

const store = useTestStore()
const TERMS = { claimant: 'job', claimMs: 60_000, probeMs: 60_000, maxAgeMs: 60_000 }
const POLICY = { failureRate: 0.5, minimumAttempts: 1, windowMs: 60_000, openMs: 60_000 }

/** Opens the breaker with one failure. */
async function open(): Promise<void> {
  const ref = refOf(await accept(store))
  const claim = await claimDelivery(store, ref, TERMS)
  if (claim.kind !== 'claimed') throw new Error('expected a claim')
  const settlement = { kind: 'retry', delayMs: 3_600_000 } as const
  const attempt = attemptOf('retryable')
  await settleDelivery(store, { ref, fence: claim.fence, settlement, attempt, signal: 'failed' }, POLICY)
}

/** As if it had been accepted two minutes ago. */
async function acceptOld(): Promise<string> {
  const eventId = await accept(store)
  await store.redis.hset(keys.event(eventId), 'acceptedAt', Date.now() - 120_000)
  return eventId
}

test('an open breaker holds what may still be attempted, and hands out what is too old to be buried', async () => {
  await open()
  const refs = [refOf(await acceptOld()), refOf(await accept(store))]
  expect(await claimDeliveries(store, 'crm', refs, TERMS)).toMatchObject([
    { kind: 'claimed' },
    { kind: 'held' },
  ])
})

test('an event that has expired is handed out as well', async () => {
  await open()
  const ref = refOf(await accept(store, { expiresAtMs: Date.now() + 3_600_000 }))
  expect(await claimDelivery(store, ref, TERMS)).toMatchObject({ kind: 'held' })
  await store.redis.hset(keys.event(ref.eventId), 'expiresAt', Date.now() - 1)
  expect(await claimDelivery(store, ref, TERMS)).toMatchObject({ kind: 'claimed' })
})

test('when it is time for a probe, the first that may be attempted is it, however many old ones come before', async () => {
  await open()
  await store.redis.hset(keys.breaker('crm'), 'until', Date.now() - 1)
  const old = await Promise.all(Array.from({ length: 20 }, acceptOld))
  const [live, next] = [await accept(store), await accept(store)]
  const claims = await claimDeliveries(
    store,
    'crm',
    [...old, live, next].map((id) => refOf(id)),
    TERMS,
  )
  expect(claims.map(({ kind }) => kind)).toEqual([...old.map(() => 'claimed'), 'claimed', 'held'])
  // Burying the old ones does not give the probe's place away.
  for (const [index, eventId] of old.entries()) {
    const claim = claims[index]
    const fence = claim?.kind === 'claimed' ? claim.fence : 0
    const settlement = { kind: 'dead', reason: 'expired' } as const
    await settleDelivery(store, { ref: refOf(eventId), fence, settlement, attempt: undefined }, POLICY)
  }
  expect(await claimDelivery(store, refOf(next), TERMS)).toMatchObject({ kind: 'held' })
  const probe = claims[old.length]
  const settled = await settleDelivery(
    store,
    {
      ref: refOf(live),
      fence: probe?.kind === 'claimed' ? probe.fence : 0,
      settlement: { kind: 'delivered' },
      attempt: attemptOf('delivered'),
      signal: 'succeeded',
    },
    POLICY,
  )
  expect(settled).toMatchObject({ kind: 'applied', breaker: 'closed' })
  expect(await attemptAndSettle(store, refOf(next), { kind: 'delivered' })).toMatchObject({ kind: 'applied' })
})
