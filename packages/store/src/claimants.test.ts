/** A claim keeps other claimants away: one delivery in two places of a queue is still attempted once. */
import { expect, test } from 'vitest'
import { eventually } from '../../../test/support/eventually.ts'
import { accept, attemptAndSettle, bury, claim, keptDelivery, refOf } from '../../../test/support/store.ts'
import { useTestStore } from '../../../test/support/use-test-store.ts'
import { readBacklog } from './backlog.ts'
import { claimDeliveries, claimDelivery, releaseDelivery } from './claim.ts'
import { discardDelivery } from './discard.ts'
import { keys } from './keys.ts'
import { reopenDelivery } from './reopen.ts'

const store = useTestStore()

const terms = (claimant: string, claimMs = 60_000) => ({ claimant, claimMs, probeMs: 1_000 })

test('another claimant waits for as long as the claim lasts', async () => {
  const ref = refOf(await accept(store))
  expect(await claimDelivery(store, ref, terms('one'))).toMatchObject({ kind: 'claimed' })
  const other = await claimDelivery(store, ref, terms('two'))
  expect(other.kind).toBe('early')
  // It looks again soon: the attempt is most likely over long before the claim.
  expect(other.kind === 'early' && other.remainingMs).toBe(1_000)
})

test('the same claimant may claim again at once: work taken up after a crash waits for nobody', async () => {
  const ref = refOf(await accept(store))
  await claimDelivery(store, ref, terms('one'))
  expect(await claimDelivery(store, ref, terms('one'))).toMatchObject({ kind: 'claimed', fence: 2 })
})

test('a claim whose time is over is anyone’s', async () => {
  const ref = refOf(await accept(store))
  await claimDelivery(store, ref, terms('one', 30))
  await eventually('the claim to be over', async () => {
    const result = await claimDelivery(store, ref, terms('two'))
    return result.kind === 'claimed'
  })
})

test('a settled delivery is claimed by nobody any more, and can be by anybody', async () => {
  const ref = refOf(await accept(store))
  const first = await claimDelivery(store, ref, terms('one'))
  await attemptAndSettle(
    store,
    ref,
    { kind: 'retry', delayMs: 0 },
    first.kind === 'claimed' ? first.fence : 0,
  )
  expect(await claimDelivery(store, ref, terms('two'))).toMatchObject({ kind: 'claimed', spent: 1 })
})

test('a claim given back is anyone’s; one that was taken over since is not given back', async () => {
  const ref = refOf(await accept(store))
  const first = await claimDelivery(store, ref, terms('one'))
  const fence = first.kind === 'claimed' ? first.fence : 0
  await releaseDelivery(store, ref, fence)
  expect(await claimDelivery(store, ref, terms('two'))).toMatchObject({ kind: 'claimed' })
  await releaseDelivery(store, ref, fence)
  expect(await claimDelivery(store, ref, terms('three'))).toMatchObject({ kind: 'early' })
})

test('deliveries claimed together are answered each for itself, in order', async () => {
  const [open, delivered, dead, replayed, early] = await Promise.all(
    Array.from({ length: 5 }, () => accept(store)),
  ).then((ids) => ids.map((id) => refOf(id)))
  if (!open || !delivered || !dead || !replayed || !early) throw new Error('five were accepted')
  await attemptAndSettle(store, delivered, { kind: 'delivered' })
  await bury(store, dead, 'gone')
  await bury(store, replayed)
  await reopenDelivery(store, replayed.eventId, replayed.target)
  await attemptAndSettle(store, early, { kind: 'retry', delayMs: 60_000 })
  const results = await claimDeliveries(store, 'crm', [
    open,
    refOf('evt_unknown'),
    delivered,
    dead,
    replayed,
    early,
  ])
  expect(results.map(({ kind }) => kind)).toEqual([
    'claimed',
    'missing',
    'terminal',
    'terminal',
    'stale',
    'early',
  ])
  expect(results[0]).toMatchObject({ event: { id: open.eventId } })
})

test('the backlog counts deliveries where they are, through every step of their life', async () => {
  await store.clear()
  const backlog = () => readBacklog(store, 'crm')
  expect(await backlog()).toEqual({ waiting: 0, delayed: 0, inFlight: 0 })
  const first = refOf(await accept(store, { targets: ['crm', 'email'] }))
  const second = refOf(await accept(store))
  expect(await backlog()).toEqual({ waiting: 2, delayed: 0, inFlight: 0 })
  const { fence } = await claim(store, first)
  await claim(store, first)
  expect(await backlog()).toEqual({ waiting: 1, delayed: 0, inFlight: 1 })
  await attemptAndSettle(store, first, { kind: 'retry', delayMs: 0 }, fence + 1)
  expect(await backlog()).toEqual({ waiting: 1, delayed: 1, inFlight: 0 })
  await attemptAndSettle(store, first, { kind: 'delivered' })
  expect(await backlog()).toEqual({ waiting: 1, delayed: 0, inFlight: 0 })
  await bury(store, second)
  expect(await backlog()).toEqual({ waiting: 0, delayed: 0, inFlight: 0 })
  await reopenDelivery(store, second.eventId, 'crm')
  expect(await backlog()).toEqual({ waiting: 1, delayed: 0, inFlight: 0 })
  await bury(store, { ...second, generation: 2 })
  await discardDelivery(store, second.eventId, 'crm')
  expect(await backlog()).toEqual({ waiting: 0, delayed: 0, inFlight: 0 })
  expect(await readBacklog(store, 'email')).toEqual({ waiting: 1, delayed: 0, inFlight: 0 })
})

test('a waiting event, and a delivered one, stay in one piece of memory each', async () => {
  const ref = refOf(await accept(store, { targets: ['crm', 'email', 'billing'] }))
  const encoding = (key: string) => store.redis.object('ENCODING', key)
  expect(await encoding(keys.event(ref.eventId))).toBe('listpack')
  await claimDelivery(store, ref, { ...terms('twelve-chars'), process: 'a1b2c3' })
  expect(await encoding(keys.event(ref.eventId))).toBe('listpack')
  await attemptAndSettle(store, ref, { kind: 'delivered' }, 1)
  expect(await keptDelivery(store, ref)).toMatchObject({ status: 'delivered' })
  expect(await encoding(keys.event(ref.eventId))).toBe('listpack')
  expect(await encoding(keys.attempts(ref.eventId))).toBe('listpack')
})

test('the same job in another process gets a delivery only when its lock can have been lost', async () => {
  const ref = refOf(await accept(store))
  const of = (process: string, freshMs: number) => ({ ...terms('job'), process, freshMs })
  expect(await claimDelivery(store, ref, of('took-over', 4_000))).toMatchObject({ kind: 'claimed' })
  // It had the job before, lost it while Redis was away, and its claim was on the way all the time.
  const late = await claimDelivery(store, ref, of('late', 4_000))
  expect(late).toMatchObject({ kind: 'early' })
  expect(await claimDelivery(store, ref, of('took-over', 4_000))).toMatchObject({ kind: 'claimed' })
  expect(await claimDelivery(store, ref, of('next', 0))).toMatchObject({ kind: 'claimed' })
})

test('what was claimed while the target had a longer timeout is taken over as soon as the job is', async () => {
  const ref = refOf(await accept(store))
  const own = (process: string, claimMs: number) => ({ ...terms('job', claimMs), process, freshMs: 4_000 })
  await claimDelivery(store, ref, own('before', 300_000))
  expect(await claimDelivery(store, ref, own('behind', 10_000))).toMatchObject({ kind: 'claimed' })
})
