/** Crashes are counted by the deliveries they left claimed: each once, and only those in a row. */
import { SUSPECT_AFTER_CRASHES } from '@manifold/domain'
import { expect, test } from 'vitest'
import { accept, attemptAndSettle, bury, refOf } from '../../../test/support/store.ts'
import { useTestStore } from '../../../test/support/use-test-store.ts'
import { readBacklog } from './backlog.ts'
import { claimDelivery, releaseDelivery, type ClaimResult } from './claim.ts'
import { reopenDelivery } from './reopen.ts'

const store = useTestStore()

const claimIn = (ref: ReturnType<typeof refOf>, process: string, takesSuspects = false) =>
  claimDelivery(store, ref, { claimant: 'job', process, takesSuspects, claimMs: 60_000, probeMs: 1_000 })

/** Claims in one process after the other, each of which ends with it. @returns what the next one is told */
async function crash(ref: ReturnType<typeof refOf>, times: number): Promise<ClaimResult> {
  for (let count = 1; count <= times; count++) await claimIn(ref, `dies-${String(count)}`)
  return claimIn(ref, 'next')
}

const fenceOf = (claim: ClaimResult) => (claim.kind === 'claimed' ? claim.fence : 0)

test('a delivery that some processes in a row ended with is a suspect: not handed out, and in nobody’s hands', async () => {
  await store.clear()
  const ref = refOf(await accept(store))
  expect(await crash(ref, SUSPECT_AFTER_CRASHES - 1)).toMatchObject({ kind: 'claimed' })
  expect(await claimIn(ref, 'another')).toEqual({ kind: 'suspect', crashes: SUSPECT_AFTER_CRASHES })
  // Asking again counts nothing.
  expect(await claimIn(ref, 'one-more')).toEqual({ kind: 'suspect', crashes: SUSPECT_AFTER_CRASHES })
  expect(await readBacklog(store, 'crm')).toEqual({ waiting: 1, delayed: 0, inFlight: 0 })
})

test('who tries it alone may have a suspect', async () => {
  const ref = refOf(await accept(store))
  await crash(ref, SUSPECT_AFTER_CRASHES)
  expect(await claimIn(ref, 'next', true)).toMatchObject({ kind: 'claimed' })
})

test('claiming again in the same process is no crash: a lost reply, an error, a lost lock', async () => {
  const ref = refOf(await accept(store))
  for (let count = 0; count < 10; count++)
    expect(await claimIn(ref, 'same')).toMatchObject({ kind: 'claimed' })
})

test('what was given back was not crashed with', async () => {
  const ref = refOf(await accept(store))
  for (let count = 0; count < 10; count++) {
    const claim = await claimIn(ref, `stops-${String(count)}`)
    expect(claim.kind).toBe('claimed')
    await releaseDelivery(store, ref, fenceOf(claim))
  }
})

test.each([
  { kind: 'retry', delayMs: 0 },
  { kind: 'defer', delayMs: 0 },
] as const)('a settlement ($kind) clears it: whoever settled it survived it', async (settlement) => {
  const ref = refOf(await accept(store))
  const claim = await crash(ref, SUSPECT_AFTER_CRASHES - 1)
  await attemptAndSettle(store, ref, settlement, fenceOf(claim))
  expect(await crash(ref, SUSPECT_AFTER_CRASHES - 1)).toMatchObject({ kind: 'claimed' })
})

test('a replay of one that died invalid is a suspect from the start; of one that died otherwise it is not', async () => {
  for (const [reason, kind] of [
    ['invalid', 'suspect'],
    ['rejected', 'claimed'],
  ] as const) {
    const ref = refOf(await accept(store))
    await crash(ref, SUSPECT_AFTER_CRASHES)
    await bury(store, ref, reason)
    await reopenDelivery(store, ref.eventId, ref.target)
    expect((await claimIn({ ...ref, generation: 2 }, 'later')).kind).toBe(kind)
  }
})

test('another claimant that takes over when the claim is over counts the crash as well', async () => {
  const ref = refOf(await accept(store))
  for (let count = 1; count <= SUSPECT_AFTER_CRASHES; count++)
    await claimDelivery(store, ref, {
      claimant: `job-${String(count)}`,
      process: `dies-${String(count)}`,
      claimMs: 0,
      probeMs: 0,
    })
  expect(await claimIn(ref, 'next')).toEqual({ kind: 'suspect', crashes: SUSPECT_AFTER_CRASHES })
})
