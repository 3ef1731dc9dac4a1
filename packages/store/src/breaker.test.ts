/** The breaker is held twice: as a pure model in the domain, and in Lua where all workers share it. They must agree. */
import { readFileSync } from 'node:fs'
import { admit, BUCKETS, CLOSED, report, type BreakerPolicy, type BreakerState } from '@manifold/domain'
import fc from 'fast-check'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { accept, claim, refOf, startTestStore, type TestStore } from '../../../test/support/store.ts'
import { readBreaker, resetBreaker } from './breaker.ts'
import { claimDelivery, releaseDelivery } from './claim.ts'
import { keys } from './keys.ts'
import { settleDelivery } from './settle.ts'

const include = (name: string) => readFileSync(new URL(`./lua/includes/${name}.lua`, import.meta.url), 'utf8')

/** Feeds a whole history to the include, at the times it names; gives every answer. */
const SCRIPT = `
${include('now')}
${include('breaker')}
local answers = {}
for at, step in ipairs(cjson.decode(ARGV[1])) do
  if step.kind == 'admit' then
    answers[at] = int(breakerAdmit(KEYS[1], step.claim, step.now, step.probeMs))
  else
    answers[at] = breakerReport(KEYS[1], step.claim, step.signal, step.now, step.failureRate,
      step.minimumAttempts, step.windowMs, step.openMs)
  end
end
return answers`

type Step = { readonly afterMs: number; readonly claim: string } & (
  | { readonly kind: 'admit' }
  | { readonly kind: 'report'; readonly signal: 'succeeded' | 'failed' | 'neutral' }
)

type History = { readonly policy: BreakerPolicy; readonly probeMs: number; readonly steps: readonly Step[] }

const START_MS = 1_760_000_000_123
const CLAIMS = ['evt_1/1', 'evt_1/2', 'evt_2/1', 'evt_3/1']
let store: TestStore

beforeAll(async () => {
  store = await startTestStore()
})

afterAll(() => store.close())

/** Windows are long in real time, so that Redis does not forget a key while its history is told in a moment. */
const histories: fc.Arbitrary<History> = fc
  .record({
    failureRate: fc.constantFrom(0.1, 0.3, 0.5, 0.7, 1),
    minimumAttempts: fc.integer({ min: 1, max: 8 }),
    windowMs: fc.constantFrom(60_000, 99_995, 600_003),
    openMs: fc.constantFrom(1, 5_000, 45_000, 900_000),
  })
  .chain((policy) => {
    const { windowMs, openMs } = policy
    const afterMs = fc.oneof(
      { weight: 6, arbitrary: fc.integer({ min: 0, max: Math.floor(windowMs / 30) }) },
      { weight: 2, arbitrary: fc.integer({ min: 0, max: windowMs }) },
      { weight: 2, arbitrary: fc.constantFrom(openMs - 1, openMs, openMs + 1, windowMs, windowMs / BUCKETS) },
      { weight: 1, arbitrary: fc.integer({ min: windowMs, max: 30 * windowMs }) },
    )
    const claim = fc.constantFrom(...CLAIMS)
    const signal = fc.constantFrom('failed', 'failed', 'failed', 'succeeded', 'neutral')
    const step = fc.oneof(
      fc.record({ kind: fc.constant('admit'), afterMs: afterMs.map(Math.floor), claim }),
      fc.record({ kind: fc.constant('report'), afterMs: afterMs.map(Math.floor), claim, signal }),
    ) as fc.Arbitrary<Step>
    return fc.record({
      policy: fc.constant(policy),
      probeMs: fc.constantFrom(1, 100, 20_000),
      steps: fc.array(step, { minLength: 1, maxLength: 60 }),
    })
  })

type Told = { readonly answers: readonly string[]; readonly end: BreakerState; readonly nowMs: number }

/** What the model answers: how long a claim is held, and what a report changed. */
function tellModel({ policy, probeMs, steps }: History): Told {
  let state: BreakerState = CLOSED
  let nowMs = START_MS
  const answers = steps.map((step) => {
    nowMs += step.afterMs
    if (step.kind === 'admit') {
      const admission = admit(state, step.claim, nowMs, probeMs)
      state = admission.state
      return admission.kind === 'held' ? String(admission.forMs) : '0'
    }
    const before = state.kind
    state = report(state, policy, step.claim, step.signal, nowMs)
    if (state.kind === before) return ''
    return state.kind === 'open' ? 'opened' : state.kind
  })
  return { answers, end: state, nowMs }
}

/** @returns Redis's answers */
async function tellRedis(key: string, { policy, probeMs, steps }: History): Promise<unknown> {
  let now = START_MS
  const told = steps.map((step) => {
    now += step.afterMs
    return { ...step, ...policy, probeMs, now }
  })
  return store.redis.eval(SCRIPT, 1, key, JSON.stringify(told))
}

/** The end state as Redis keeps it, in the model's words; counts that have left the window are nobody's. */
async function stateInRedis(key: string, policy: BreakerPolicy, nowMs: number): Promise<BreakerState> {
  const { state, until, probe = '', ...counts } = await store.redis.hgetall(key)
  if (state === 'open') return { kind: 'open', untilMs: Number(until) }
  if (state === 'half-open') return { kind: 'half-open', probe, untilMs: Number(until) }
  const read = Object.entries(counts).map(([field, count]) => ({
    index: Number(field.slice(1)),
    succeeded: field.startsWith('s') ? Number(count) : 0,
    failed: field.startsWith('f') ? Number(count) : 0,
  }))
  const buckets = [...Map.groupBy(read, ({ index }) => index)].map(([index, own]) => ({
    index,
    succeeded: own.reduce((sum, one) => sum + one.succeeded, 0),
    failed: own.reduce((sum, one) => sum + one.failed, 0),
  }))
  return inWindow({ kind: 'closed', buckets }, policy, nowMs)
}

function inWindow(state: BreakerState, { windowMs }: BreakerPolicy, nowMs: number): BreakerState {
  if (state.kind !== 'closed') return state
  const oldest = Math.floor(nowMs / Math.floor(windowMs / BUCKETS)) - BUCKETS
  const buckets = state.buckets.filter(({ index }) => index > oldest)
  return { kind: 'closed', buckets: buckets.sort((one, other) => one.index - other.index) }
}

test('model and Lua agree on every answer and on the end state of any history', async () => {
  let made = 0
  const changes = new Set<string>()
  await fc.assert(
    fc.asyncProperty(histories, async (history) => {
      const key = `breaker-test:${String(made++)}`
      const model = tellModel(history)
      expect(await tellRedis(key, history)).toEqual(model.answers)
      expect(await stateInRedis(key, history.policy, model.nowMs)).toEqual(
        inWindow(model.end, history.policy, model.nowMs),
      )
      for (const answer of model.answers) changes.add(/^\d+$/.test(answer) ? String(answer !== '0') : answer)
    }),
    { numRuns: 2_000 },
  )
  // The histories are worth something: all that can happen did.
  expect(changes).toEqual(new Set(['', 'opened', 'closed', 'true', 'false']))
})

describe('what operators see', () => {
  const policy = { failureRate: 0.5, minimumAttempts: 2, windowMs: 60_000, openMs: 5_000 }
  const failed = { kind: 'report', claim: 'evt_1/1', signal: 'failed' } as const
  const probe = { kind: 'admit', afterMs: 5_000, claim: 'evt_2/1' } as const
  const opening = [0, 0].map((afterMs) => ({ ...failed, afterMs }))
  const tell = async (target: string, steps: readonly Step[]) => {
    await tellRedis(keys.breaker(target), { policy, probeMs: 700, steps })
    return readBreaker(store, target)
  }

  test('a closed breaker says no more', async () => {
    expect(await tell('closed', [{ ...failed, afterMs: 0 }])).toEqual({ state: 'closed' })
  })

  test('an open one says since when, why, and when the next probe is', async () => {
    expect(
      await tell(
        'open',
        [0, 100].map((afterMs) => ({ ...failed, afterMs })),
      ),
    ).toEqual({
      state: 'open',
      sinceMs: START_MS + 100,
      nextProbeAtMs: START_MS + 5_100,
      failed: 2,
      attempts: 2,
    })
  })

  test('a half-open one says until when its probe may report', async () => {
    expect(await tell('half-open', [...opening, probe])).toMatchObject({
      state: 'half-open',
      nextProbeAtMs: START_MS + 5_700,
    })
  })

  test('one that a failed probe opened again does not say that attempts did', async () => {
    expect(await tell('probed', [...opening, probe, { ...failed, claim: 'evt_2/1', afterMs: 10 }])).toEqual({
      state: 'open',
      sinceMs: START_MS + 5_010,
      nextProbeAtMs: START_MS + 10_010,
      failed: undefined,
      attempts: undefined,
    })
  })

  test('one that was reset is closed, and has forgotten what it counted', async () => {
    await tell('reset', opening)
    await resetBreaker(store, 'reset')
    expect(await readBreaker(store, 'reset')).toEqual({ state: 'closed' })
    expect(await resetBreaker(store, 'reset')).toBeUndefined()
    expect(await tell('reset', [{ ...failed, afterMs: 0 }])).toEqual({ state: 'closed' })
  })
})

test('a target that is well is remembered for no longer than its window', async () => {
  await store.clear()
  const policy = { failureRate: 0.5, minimumAttempts: 20, windowMs: 60_000, openMs: 1_000 }
  const steps = Array.from({ length: 200 }, (_, index) => ({
    kind: 'report',
    claim: 'evt/1',
    signal: 'succeeded',
    now: START_MS + index * 6_000,
    ...policy,
  }))
  await store.redis.eval(SCRIPT, 1, keys.breaker('crm'), JSON.stringify(steps))
  expect(await store.redis.hlen(keys.breaker('crm'))).toBeLessThanOrEqual(BUCKETS + 1)
})

test.each(['settled without an attempt', 'given back'])(
  'a probe that is %s makes room for the next one',
  async (end) => {
    await store.clear()
    const [probe, next] = [refOf(await accept(store)), refOf(await accept(store))]
    await store.redis.hset(keys.breaker('crm'), { state: 'open', until: '1', since: '1' })
    const { fence } = await claim(store, probe)
    expect(await claimDelivery(store, next)).toMatchObject({ kind: 'held' })
    if (end === 'given back') await releaseDelivery(store, probe, fence)
    else {
      const settlement = { kind: 'dead', reason: 'expired' } as const
      await settleDelivery(store, { ref: probe, fence, settlement, attempt: undefined })
    }
    expect(await claimDelivery(store, next)).toMatchObject({ kind: 'claimed' })
  },
)

test('what a shorter window counted before a reload counts for nothing in a longer one', async () => {
  const policy = { failureRate: 0.5, minimumAttempts: 2, windowMs: 60_000, openMs: 5_000 }
  const longer = { ...policy, windowMs: 600_000 }
  const failure = { kind: 'report', signal: 'failed', claim: 'evt_1/1', probeMs: 1, now: START_MS }
  const told = [
    { ...failure, ...policy },
    { ...failure, ...longer },
  ]
  expect(await store.redis.eval(SCRIPT, 1, 'reloaded', JSON.stringify(told))).toEqual(['', ''])
  const before = report(CLOSED, policy, 'evt_1/1', 'failed', START_MS)
  expect(report(before, longer, 'evt_1/1', 'failed', START_MS).kind).toBe('closed')
})
