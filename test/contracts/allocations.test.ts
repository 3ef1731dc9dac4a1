/**
 * What an event and a delivery allocate, in bytes: the same on every machine once the code is compiled, within a few percent.
 *
 * Each bound is what is measured today, with a quarter more: a change that costs more has to say so here.
 */
import { getHeapStatistics } from 'node:v8'
import { compileRouter, createEventIdFactory, DEFAULT_BREAKER } from '@manifold/domain'
import { claimDeliveries, settleDeliveries, type Claim } from '@manifold/store'
import { NO_TRACING } from '@manifold/tracing'
import { expect, test } from 'vitest'
import { acceptEvent } from '../../apps/producer/src/accept-event.ts'
import { createGates } from '../../apps/producer/src/overload/intake.ts'
import { attemptOf, refOf } from '../support/store.ts'
import { useTestStore } from '../support/use-test-store.ts'

const TARGETS = ['alpha', 'beta', 'gamma']
const BUNDLE = 20
const TERMS = { claimant: 'twelve-chars', claimMs: 20_000, probeMs: 20_000 }

const store = useTestStore()

/** Bytes that one of `times` runs allocates, behind as many that only let the compiler see the code. */
async function bytesOf(times: number, warmUps: number, run: () => Promise<unknown>): Promise<number> {
  for (let count = 0; count < warmUps; count++) await run()
  const before = allocatedBytes()
  for (let count = 0; count < times; count++) await run()
  return (allocatedBytes() - before) / times
}

function allocatedBytes(): number {
  return getHeapStatistics().total_allocated_bytes
}

const newEventId = createEventIdFactory()
const body = { type: 'order.placed', data: { order: 'A-000000001', note: 'x'.repeat(267) } }
const rawBody = Buffer.from(JSON.stringify(body))

async function accept(): Promise<string> {
  const answer = await acceptEvent(
    {
      store,
      events: new Map(),
      route,
      optionalTargets: new Set(),
      judgeCallbackUrl: () => undefined,
      newEventId: () => newEventId(Date.now()),
      enqueue: () => undefined,
      onBrokenFilters: () => undefined,
      intake,
      tracing: NO_TRACING,
    },
    { body, rawBody, idempotencyKey: undefined, caller: 'shop', traceparent: undefined },
  )
  if (answer.kind !== 'accepted') throw new Error(answer.kind)
  return answer.eventId
}

const intake = createGates({ onRefused: () => undefined, onNoRoom: () => undefined })
const route = compileRouter(TARGETS.map((name) => ({ name, subscribe: ['order.*'], filter: undefined })))

test('accepting an event for three targets allocates no more than 36 kB', async () => {
  expect(await bytesOf(1_000, 2_000, accept)).toBeLessThan(36_000)
})

test('claiming and settling a delivery among twenty allocates no more than 10 kB', async () => {
  const rounds = 150
  const groups: string[][] = []
  for (let round = 0; round < rounds * 2; round++)
    groups.push(await Promise.all(Array.from({ length: BUNDLE }, accept)))

  const bytes = await bytesOf(rounds, rounds, async () => {
    const refs = (groups.pop() ?? []).map((id) => refOf(id, 'alpha'))
    const claims = await claimDeliveries(store, 'alpha', refs, TERMS)
    await settleDeliveries(
      store,
      'alpha',
      DEFAULT_BREAKER,
      refs.map((ref, index) => ({
        ref,
        fence: (claims[index] as Claim).fence,
        settlement: { kind: 'delivered' },
        attempt: attemptOf('delivered', { atMs: 1_760_000_000_000 }),
        signal: 'succeeded',
      })),
    )
  })
  expect(bytes / BUNDLE).toBeLessThan(10_000)
})
