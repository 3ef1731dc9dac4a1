import { expect, test } from 'vitest'
import { accept, attemptAndSettle, bury, refOf } from '../../../test/support/store.ts'
import { useTestStore } from '../../../test/support/use-test-store.ts'
import { keys } from './keys.ts'
import { readStoreFacts } from './store-facts.ts'

const store = useTestStore()

test('an empty store has nothing waiting, nothing dead, closed breakers and an empty outbox', async () => {
  const { targets, outboxEntries, outboxOldestAgeMs } = await readStoreFacts(store, ['crm'])
  expect(targets).toEqual(
    new Map([
      ['crm', { backlog: { waiting: 0, delayed: 0, inFlight: 0 }, deadLetters: 0, breaker: 'closed' }],
    ]),
  )
  expect([outboxEntries, outboxOldestAgeMs]).toEqual([0, 0])
})

test('each target has its own counts', async () => {
  await bury(store, refOf(await accept(store)))
  await attemptAndSettle(store, refOf(await accept(store)), { kind: 'retry', delayMs: 60_000 })
  await accept(store, { targets: ['mail'] })
  await store.redis.hset(keys.breaker('mail'), { state: 'open', until: 0, since: 0 })

  const { targets } = await readStoreFacts(store, ['crm', 'mail'])
  expect(targets.get('crm')).toEqual({
    backlog: { waiting: 0, delayed: 1, inFlight: 0 },
    deadLetters: 1,
    breaker: 'closed',
  })
  expect(targets.get('mail')).toEqual({
    backlog: { waiting: 1, delayed: 0, inFlight: 0 },
    deadLetters: 0,
    breaker: 'open',
  })
})

test("the outbox is as old as its oldest entry, by Redis's clock", async () => {
  const { nowMs } = await readStoreFacts(store, [])
  await store.redis.zadd(keys.outbox, nowMs - 90_000, 'evt_old', nowMs, 'evt_new')
  const facts = await readStoreFacts(store, [])
  expect(facts.outboxEntries).toBe(2)
  expect(facts.outboxOldestAgeMs - 90_000).toBeGreaterThanOrEqual(0)
  expect(facts.outboxOldestAgeMs - 90_000).toBeLessThan(10_000)
})

test('memory is told against its limit, and the round trip was timed', async () => {
  await store.redis.config('SET', 'maxmemory', '100mb')
  const { memory, roundTripMs } = await readStoreFacts(store, [])
  await store.redis.config('SET', 'maxmemory', '0')
  expect(memory?.maxBytes).toBe(100 * 1_048_576)
  expect(memory?.usedBytes).toBeGreaterThan(100_000)
  expect(roundTripMs).toBeGreaterThan(0)
})
