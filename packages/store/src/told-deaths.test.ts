/** However many deliveries die at once, few alerts are owed: what is not bounded would fill the store. */
import { DEFAULT_BREAKER, type DeadReason } from '@manifold/domain'
import { expect, test } from 'vitest'
import { eventually } from '../../../test/support/eventually.ts'
import { accept, refOf } from '../../../test/support/store.ts'
import { useTestStore } from '../../../test/support/use-test-store.ts'
import { keys } from './keys.ts'
import { overdueOutbox } from './outbox.ts'
import type { Happening, Heard } from './owed-event.ts'
import { settleDeliveries } from './settle.ts'

const store = useTestStore()

const MINUTE_MS = 60_000
const HEARD: Heard = new Set(['dead', 'gone'])

/** Has so many deliveries die. @returns what is owed for them, in order */
async function die(
  count: number,
  reason: DeadReason = 'exhausted',
  { target = 'crm', heard = HEARD } = {},
): Promise<Happening[]> {
  const ids = await Promise.all(Array.from({ length: count }, () => accept(store, { targets: [target] })))
  const settlement = { kind: 'dead', reason } as const
  const inputs = ids.map((id) => ({
    ref: refOf(id, target),
    fence: undefined,
    settlement,
    attempt: undefined,
  }))
  const results = await settleDeliveries(store, target, DEFAULT_BREAKER, inputs, heard)
  return results.flatMap((result) =>
    result.kind === 'applied' ? (result.owed ?? []).map(({ happening }) => happening) : [],
  )
}

const untilOf = (happening: Happening | undefined) =>
  happening?.what === 'dead' ? happening.untoldUntilMs : undefined

test('of a target’s deaths 20 in a minute are told, and the last of them says until when no other is', async () => {
  const owed: Happening[] = []
  for (let batch = 0; batch < 10; batch++) owed.push(...(await die(50)))
  expect(owed).toHaveLength(20)
  expect(
    owed
      .map(untilOf)
      .slice(0, 19)
      .every((until) => until === undefined),
  ).toBe(true)
  const leftMs = (untilOf(owed.at(-1)) ?? 0) - Date.now()
  expect(leftMs).toBeGreaterThan(0)
  expect(leftMs).toBeLessThanOrEqual(MINUTE_MS + 1_000)
  // All of them are dead letters, and what is owed is what is on the outbox.
  expect(await store.redis.zcard(keys.deadLettersOf('crm'))).toBe(500)
  const onOutbox = (await overdueOutbox(store, 0, 1_000)).flatMap((entry) =>
    entry.kind === 'operational' ? [entry.happening] : [],
  )
  expect(onOutbox).toHaveLength(20)
  expect(onOutbox.map(untilOf).filter((until) => until !== undefined)).toEqual([untilOf(owed.at(-1))])
})

test('the next minute tells again', async () => {
  await die(30)
  expect(await die(1)).toEqual([])
  const leftMs = await store.redis.pttl(keys.toldDeaths('crm'))
  expect(leftMs).toBeGreaterThan(0)
  expect(leftMs).toBeLessThanOrEqual(MINUTE_MS)
  // A death that is not told does not prolong it.
  await store.redis.pexpire(keys.toldDeaths('crm'), MINUTE_MS / 2)
  await die(1)
  expect(await store.redis.pttl(keys.toldDeaths('crm'))).toBeLessThanOrEqual(MINUTE_MS / 2)
  await store.redis.pexpire(keys.toldDeaths('crm'), 1)
  await eventually(
    'the minute to be over',
    async () => (await store.redis.exists(keys.toldDeaths('crm'))) === 0,
  )
  expect(await die(30)).toHaveLength(20)
})

test('another target’s deaths are told by themselves', async () => {
  await die(30)
  expect(await die(2, 'rejected', { target: 'billing' })).toHaveLength(2)
})

test('that a target is gone is told, whether or not its death is', async () => {
  await die(30)
  expect(await die(1, 'gone')).toEqual([{ what: 'gone' }])
  expect(await die(1, 'gone', { heard: new Set(['dead']) })).toEqual([])
  expect(await die(1, 'gone', { target: 'billing', heard: new Set(['gone']) })).toEqual([{ what: 'gone' }])
})

test('while nobody subscribes to dead letters, none is owed and none counted', async () => {
  expect(await die(3, 'exhausted', { heard: new Set(['gone', 'opened', 'recovered']) })).toEqual([])
  expect(await store.redis.exists(keys.toldDeaths('crm'))).toBe(0)
})

test('nothing is owed for a callback, whoever settles it', async () => {
  expect(await die(3, 'unknown-target', { target: 'callbacks' })).toEqual([])
})

test('what is owed is read back from the outbox as it was written', async () => {
  await die(20, 'gone')
  await die(1, 'gone')
  const owed = (await overdueOutbox(store, 0, 100)).filter(({ kind }) => kind === 'operational')
  expect(owed).toHaveLength(21)
  for (const entry of owed) expect(entry).toMatchObject({ ref: { target: 'crm', generation: 1 } })
})
