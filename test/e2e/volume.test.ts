/** 1,000 events × 3 targets, one of them flaky: all there, each once in a terminal state. */
import { afterAll, beforeAll, expect, test } from 'vitest'
import { startSystem, type System } from '../support/system.ts'
import { expectKept } from '../support/oracle.ts'

const EVENTS = 1_000

let system: System

beforeAll(async () => {
  system = await startSystem({
    environment: { LOG_LEVEL: 'error' },
    config: (sandboxUrl) => ({
      targets: ['crm', 'email', 'billing'].map((name) => ({
        name,
        subscribe: ['order.*'],
        url: `${sandboxUrl}/t/${name}/ok`,
        retry: { maxAttempts: 5, baseDelayMs: 10, maxDelayMs: 50 },
        // Two of three attempts fail at the flaky one: reason enough to open.
        breaker: { minimumAttempts: 1_000_000 },
      })),
    }),
  })
  system.sandbox.behave('email', '/flaky?fail=2')
})

afterAll(() => system.close())

test('every delivery is made: once at the steady targets, at the third try at the flaky one', async () => {
  const accepted: string[] = []
  let posted = 0
  await Promise.all(
    Array.from({ length: 16 }, async () => {
      while (posted++ < EVENTS) {
        const { status, body } = await system.api.post({ type: 'order.placed', data: { n: posted } })
        expect(status).toBe(202)
        accepted.push(body.id)
      }
    }),
  )
  expect(new Set(accepted).size).toBe(EVENTS)
  const events = await expectKept({ ...system, accepted, received: () => system.sandbox.received() })
  expect(new Set(events.map((event) => event.status))).toEqual(new Set(['delivered']))
  const attempts = (target: string) =>
    new Set(events.map((event) => event.deliveries.find((delivery) => delivery.target === target)?.attempts))
  expect([attempts('crm'), attempts('email'), attempts('billing')]).toEqual([
    new Set([1]),
    new Set([3]),
    new Set([1]),
  ])
}, 60_000)
