/** A backlog at its limit is told once for each time it gets there, whichever producers see it, and whenever they start. */
import type { LoadLimits, Target } from '@manifold/domain'
import { readQueueDepth } from '@manifold/queue'
import { keys, tellingOf } from '@manifold/store'
import { resolveConfig } from '@manifold/config'
import { expect, test } from 'vitest'
import { useTestQueues, useTestStore } from '../../../../test/support/use-test-store.ts'
import { createBacklogTeller } from './tell-backlog.ts'

const store = useTestStore()
const queues = useTestQueues(store)

const { targets } = resolveConfig('test', {
  targets: [
    { name: 'crm', subscribe: ['order.*'], url: 'https://crm.example' },
    { name: 'slack', subscribe: ['manifold.backlog.high'], url: 'https://slack.example' },
  ],
})

/** Redis's clock, moved by hand. */
let nowMs = 1_760_000_000_000

type Look = (backlogs: Readonly<Record<string, number>>, seenAtMs?: number) => Promise<void>

const TOTAL: LoadLimits = { maxBacklog: 10, maxBacklogOf: new Map(), maxMemoryPercent: 0 }
const OF_CRM: LoadLimits = { maxBacklog: 0, maxBacklogOf: new Map([['crm', 10]]), maxMemoryPercent: 0 }

/** A producer that has just started. */
function startTeller(limits: LoadLimits, configured: readonly Target[] = targets): Look {
  const look = createBacklogTeller({
    store: { redis: store.redis, retention: store.retention, now: () => ++nowMs },
    queues,
    telling: tellingOf(() => configured),
    targets: () => configured,
  })
  return (backlogs, seenAtMs = ++nowMs) =>
    look(
      { memory: { usedBytes: 0, maxBytes: 0 }, backlogs: new Map(Object.entries(backlogs)) },
      limits,
      seenAtMs,
    )
}

const told = async () => (await readQueueDepth(queues, 'slack')).waiting
const noted = (name: string) => store.redis.zscore(keys.highBacklog(name), 'since')

test('whenever intake is shut by the total it is told, once by two producers, however much waits for who is told', async () => {
  const producers = [startTeller(TOTAL), startTeller(TOTAL)]
  const allSee = async (backlogs: Readonly<Record<string, number>>) => {
    for (const look of producers) await look(backlogs)
  }
  await allSee({ crm: 6, slack: 3 })
  expect(await told()).toBe(0)
  await allSee({ crm: 6, slack: 4 })
  await allSee({ crm: 9, slack: 5 })
  expect(await told()).toBe(1)
  // Intake is shut until it is below nine.
  await allSee({ crm: 5, slack: 4 })
  await allSee({ crm: 6, slack: 4 })
  expect(await told()).toBe(1)
  // The second time.
  await allSee({ crm: 4, slack: 4 })
  await allSee({ crm: 6, slack: 4 })
  expect(await told()).toBe(2)
})

test('a producer that starts while intake is still shut goes on with what was told', async () => {
  await startTeller(OF_CRM)({ crm: 10 })
  const since = await noted('crm')
  const restarted = startTeller(OF_CRM)
  await restarted({ crm: 9 })
  expect(await noted('crm')).toBe(since)
  await restarted({ crm: 10 })
  expect(await told()).toBe(1)
  await restarted({ crm: 8 })
  expect(await noted('crm')).toBeNull()
})

test('one that starts where nothing was noted tells nothing before the limit', async () => {
  const look = startTeller(OF_CRM)
  await look({ crm: 9 })
  expect(await told()).toBe(0)
  await look({ crm: 10 })
  expect(await told()).toBe(1)
})

test('one that starts after it has gone down clears the note, so that the next time is told', async () => {
  await startTeller(OF_CRM)({ crm: 10 })
  const restarted = startTeller(OF_CRM)
  await restarted({ crm: 0 })
  await restarted({ crm: 10 })
  expect(await told()).toBe(2)
})

test('who saw it go down before it was noted again leaves the note', async () => {
  const [first, second] = [startTeller(OF_CRM), startTeller(OF_CRM)]
  await second({ crm: 10 })
  const seenAtMs = ++nowMs
  await first({ crm: 0 })
  await first({ crm: 10 })
  const since = await noted('crm')
  // Its look was under way meanwhile.
  await second({ crm: 0 }, seenAtMs)
  expect(await noted('crm')).toBe(since)
  expect(await told()).toBe(2)
})

test('what waits for who is told of backlogs is not watched by itself', async () => {
  const limits = { ...OF_CRM, maxBacklogOf: new Map([['slack', 1]]) }
  await startTeller(limits)({ crm: 0, slack: 5 })
  expect(await told()).toBe(0)
})

test('while nobody subscribes to it, nothing is noted', async () => {
  await startTeller(
    OF_CRM,
    targets.filter(({ name }) => name === 'crm'),
  )({ crm: 10 })
  expect(await noted('crm')).toBeNull()
})
