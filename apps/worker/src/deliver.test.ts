/** What becomes of a delivery that somebody else took over while it was attempted. */
import { resolveConfig } from '@manifold/config'
import { createTargetClient } from '@manifold/delivery'
import { createSettler, keys } from '@manifold/store'
import { NO_TRACING } from '@manifold/tracing'
import { expect, test, vi } from 'vitest'
import { accept, bury, claim, keptDelivery, refOf } from '../../../test/support/store.ts'
import { useTestStore } from '../../../test/support/use-test-store.ts'
import { createAlone } from './alone/process.ts'
import { deliver, type DeliverDeps } from './deliver.ts'
import type { DeliveryReport } from './delivery-report.ts'

const store = useTestStore()

/** Delivers to a target whose handler does `meanwhile`, and then fails. */
function depsWith(meanwhile: () => Promise<unknown>): DeliverDeps {
  const handle = async () => {
    await meanwhile()
    throw new Error('not now')
  }
  const [target] = resolveConfig('test', { targets: [{ name: 'crm', subscribe: ['**'], handle }] }).targets
  if (target === undefined) throw new Error('one target was configured')
  const silent = { info: () => undefined, warn: () => undefined, error: () => undefined }
  return {
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
    isCrashing: () => false,
    lockMs: 8_000,
    alone: createAlone(target, Date.now),
    onSuspect: () => undefined,
    handlerLogger: silent,
    onSettled: () => undefined,
    onHandedBack: () => undefined,
    onOwed: () => undefined,
    onCallbackOwed: () => undefined,
    holds: 'target',
    onGone: () => Promise.resolve(),
  }
}

const never = new AbortController().signal

test('a superseded worker keeps its queue entry and looks again: it may be the only one that is left', async () => {
  const ref = refOf(await accept(store))
  // The other one takes it up under the same name, as after a lost lock.
  const deps = depsWith(() => claim(store, ref))
  const [verdict] = await Promise.all(deliver(deps, [ref], 'anyone', never))
  expect(verdict).toEqual({ kind: 'defer', delayMs: 1_000 })
  expect(await keptDelivery(store, ref)).toMatchObject({ status: 'pending', attempts: 1 })
})

test.each([
  // The target, and soon another look; the delivery for as long as its breaker is open, and a part of that more.
  ['target', { kind: 'throttle', delayMs: 1_000 }],
  ['delivery', { kind: 'defer', delayMs: 45_000 }],
] as const)('an open breaker holds the %s, where that is what it is about', async (holds, held) => {
  const ref = refOf(await accept(store))
  const deps = { ...depsWith(() => Promise.resolve()), holds }
  const now = Number((await store.redis.time())[0]) * 1_000
  await store.redis.hset(keys.breaker('crm'), { state: 'open', until: now + 30_000, since: now })
  const [verdict] = await Promise.all(deliver(deps, [ref], 'anyone', never))
  await store.redis.del(keys.breaker('crm'))
  expect(verdict?.kind).toBe(held.kind)
  const delayMs = verdict !== undefined && 'delayMs' in verdict ? verdict.delayMs : 0
  expect(Math.abs(delayMs - held.delayMs)).toBeLessThan(2_000)
})

test.each([3_600_000, -3_600_000])(
  'an attempt takes as long as it takes, whoever moves the clock meanwhile (by %i ms)',
  async (byMs) => {
    const ref = refOf(await accept(store))
    const movedMs = Date.now() + byMs
    const deps = depsWith(() => {
      vi.spyOn(Date, 'now').mockReturnValue(movedMs)
      return Promise.resolve()
    })
    const reports: DeliveryReport[] = []
    const verdicts = deliver({ ...deps, onSettled: (report) => reports.push(report) }, [ref], 'anyone', never)
    await Promise.all(verdicts).finally(() => vi.restoreAllMocks())
    expect(reports[0]?.settlement.kind).toBe('retry')
    expect(reports[0]?.attempt?.durationMs).toBeGreaterThanOrEqual(0)
    expect(reports[0]?.attempt?.durationMs).toBeLessThan(5_000)
  },
)

test('a delivery that ended otherwise meanwhile is finished', async () => {
  const ref = refOf(await accept(store))
  const deps = depsWith(() => bury(store, ref))
  expect(await Promise.all(deliver(deps, [ref], 'anyone', never))).toEqual([{ kind: 'finish' }])
})

test('taken up again after it ended, a delivery makes its dead-letter queue agree', async () => {
  const deps = depsWith(() => Promise.resolve())
  const dead = refOf(await accept(store))
  await bury(store, dead, 'gone')
  const unknown = refOf('evt_unknown')
  expect(await Promise.all(deliver(deps, [dead, unknown], 'anyone', never))).toEqual([
    { kind: 'bury', reason: 'gone' },
    { kind: 'finish' },
  ])
})
