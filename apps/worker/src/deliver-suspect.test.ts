/** What several processes in a row ended with is tried alone, and everything else goes on. */
import { resolveConfig } from '@manifold/config'
import { createTargetClient } from '@manifold/delivery'
import { SUSPECT_AFTER_CRASHES, type DeliveryRef } from '@manifold/domain'
import { claimDelivery, createSettler } from '@manifold/store'
import { NO_TRACING } from '@manifold/tracing'
import { expect, test } from 'vitest'
import { accept, keptDelivery, refOf } from '../../../test/support/store.ts'
import { useTestStore } from '../../../test/support/use-test-store.ts'
import type { Alone } from './alone/process.ts'
import type { Tried } from './attempt.ts'
import { deliver, refuse, type DeliverDeps } from './deliver.ts'
import type { HandedBack } from './delivery-report.ts'

const store = useTestStore()

const never = new AbortController().signal
const TERMS = { claimant: 'job', claimMs: 60_000, probeMs: 60_000 }
const DELIVERED: Tried = {
  kind: 'tried',
  outcome: { kind: 'delivered', reason: 'ok' },
  httpStatus: 200,
  signal: 'succeeded',
}

/** A worker whose own handler always fails: what is delivered was tried alone. */
function worker({ isFree = true, isCrashing = false } = {}) {
  const triedAlone: DeliveryRef[] = []
  const handle = () => Promise.reject(new Error('tried in the worker itself'))
  const [target] = resolveConfig('test', { targets: [{ name: 'crm', subscribe: ['**'], handle }] }).targets
  if (target === undefined) throw new Error('one target was configured')
  const alone: Alone = {
    enter: () => (isFree ? () => undefined : undefined),
    attempt: (ref) => {
      triedAlone.push(ref)
      return Promise.resolve(DELIVERED)
    },
    longestMs: 60_000,
    close: () => undefined,
  }
  const deps: DeliverDeps = {
    store,
    settle: createSettler(store, target.name, target.breaker),
    target,
    client: createTargetClient(target),
    userAgent: 'test',
    now: Date.now,
    redisNow: Date.now,
    random: () => 0.5,
    process: 'this',
    tracing: NO_TRACING,
    isCrashing: () => isCrashing,
    // Its processes take over from each other at once.
    lockMs: 0,
    alone,
    onSuspect: () => undefined,
    handlerLogger: { info: () => undefined, warn: () => undefined, error: () => undefined },
    onSettled: () => undefined,
    onHandedBack: () => undefined,
    onOwed: () => undefined,
    onCallbackOwed: () => undefined,
    holds: 'target',
    onGone: () => Promise.resolve(),
  }
  return { deps, triedAlone }
}

async function suspect(): Promise<DeliveryRef> {
  const ref = refOf(await accept(store))
  for (let count = 1; count <= SUSPECT_AFTER_CRASHES; count++)
    await claimDelivery(store, ref, { ...TERMS, process: `died-${String(count)}` })
  return ref
}

test('a suspect is tried alone, and what is claimed beside it is not', async () => {
  const { deps, triedAlone } = worker()
  const [ref, other] = [await suspect(), refOf(await accept(store))]
  const verdicts = await Promise.all(deliver(deps, [ref, other], 'job', never))
  expect(verdicts.map((verdict) => verdict.kind)).toEqual(['finish', 'retry'])
  expect(triedAlone).toEqual([ref])
  expect(await keptDelivery(store, ref)).toMatchObject({ status: 'delivered', attempts: 1 })
})

test('a suspect that has to wait for another one keeps no slot: it comes back by itself', async () => {
  const { deps, triedAlone } = worker({ isFree: false })
  const ref = await suspect()
  expect(await Promise.all(deliver(deps, [ref], 'job', never))).toEqual([{ kind: 'defer', delayMs: 450 }])
  expect(triedAlone).toEqual([])
})

test('a worker that crashes leaves what it had in hand as it is: the next one counts the crash', async () => {
  const ref = refOf(await accept(store))
  for (let count = 1; count <= SUSPECT_AFTER_CRASHES; count++) {
    const { deps } = worker({ isCrashing: true })
    const handedBack: HandedBack[] = []
    const crashing = {
      ...deps,
      process: `crashes-${String(count)}`,
      onHandedBack: (report: HandedBack) => handedBack.push(report),
    }
    expect(await Promise.all(deliver(crashing, [ref], 'job', never))).toEqual([{ kind: 'hand-back' }])
    expect(handedBack).toMatchObject([{ ref, why: 'crashing', attemptNumber: 1 }])
  }
  expect(await claimDelivery(store, ref, { ...TERMS, process: 'next' })).toMatchObject({ kind: 'suspect' })
})

test('a suspect whose queue entry cannot be read is refused like any other', async () => {
  const { deps } = worker()
  const ref = await suspect()
  // Asked for once more it is found out, and in nobody's hands.
  await claimDelivery(store, ref, { ...TERMS, process: 'another' })
  expect(await refuse(deps, ref, 'odd')).toEqual({ kind: 'bury', reason: 'invalid' })
})
