/** Promise 3: a target that is slow, hanging or down changes nothing for the others. */
import { afterAll, beforeAll, expect, test } from 'vitest'
import { eventually } from '../support/eventually.ts'
import { startSystem, type System } from '../support/system.ts'
import { expectKept } from '../support/oracle.ts'

const NAMES = ['healthy-one', 'hanging', 'healthy-two']

let system: System

beforeAll(async () => {
  system = await startSystem({
    withWorker: false,
    config: (sandboxUrl) => ({
      targets: NAMES.map((name) => ({
        name,
        subscribe: ['**'],
        url: `${sandboxUrl}/t/${name}/ok`,
        timeoutMs: 4_000,
        retry: { maxAttempts: 2, baseDelayMs: 10 },
        concurrency: 10,
      })),
    }),
  })
  for (const name of NAMES) await system.work(name)
  system.sandbox.behave('hanging', '/hang')
})

afterAll(() => system.close())

test('healthy targets have everything before the hanging one has even given up on its first', async () => {
  const answers = await Promise.all(
    Array.from({ length: 100 }, (_, n) => system.api.post({ type: 'a.b', data: n })),
  )
  const ids = answers.map((answer) => answer.body.id)
  await eventually('the healthy ones to be done', () =>
    ['healthy-one', 'healthy-two'].every((name) => system.sandbox.received(name).length === 100),
  )
  expect(system.sandbox.received('hanging').every((request) => request.status === null)).toBe(true)
  const states = await Promise.all(ids.map((id) => system.api.event(id)))
  expect(states.every((event) => event.status === 'pending')).toBe(true)
  expect(system.sandbox.received('hanging').length).toBeLessThanOrEqual(10)

  system.sandbox.behave('hanging', '/ok')
  const events = await expectKept({ ...system, accepted: ids, received: () => system.sandbox.received() })
  expect(new Set(events.map((event) => event.status))).toEqual(new Set(['delivered']))
})
