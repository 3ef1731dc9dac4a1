/** A job whose payload this version cannot read becomes a dead letter; the worker goes on. */
import { recordEvent } from '@manifold/store'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { eventually } from '../support/eventually.ts'
import { startSystem, type System } from '../support/system.ts'

let system: System

beforeAll(async () => {
  system = await startSystem({
    // The relay must not enqueue the event in its own, readable, way.
    environment: { MANIFOLD_RELAY_AGE_MS: '600000' },
    config: (sandboxUrl) => ({
      targets: [{ name: 'crm', subscribe: ['**'], url: `${sandboxUrl}/t/crm/ok` }],
    }),
  })
})

afterAll(() => system.close())

test.each([
  ['a version that never was', { v: 0, eventId: 'e1', generation: 1 }],
  ['no version', { hello: 'world' }],
  ['no object', 'text'],
])('a payload of %s is dead as invalid, with what was wrong', async (_title, payload) => {
  const id = `unreadable${String(Math.random()).slice(2)}`
  await recordEvent(system.store, {
    event: { id, type: 'a.b', source: 'test', subject: undefined, time: undefined },
    payload: '1',
    targets: ['crm'],
    ownId: true,
    fingerprint: 'f',
    idempotencyKey: undefined,
    trace: { traceId: '0'.repeat(32), flags: '00' },
  })
  await system.queues.of('crm').add('deliver', payload, { jobId: `${id}.1` })
  const letter = await eventually('the dead letter', async () =>
    (await system.api.deadLetters('?reason=invalid')).find((one) => one.eventId === id),
  )
  expect(letter).toMatchObject({ target: 'crm', reason: 'invalid' })
  expect((await system.api.attempts(id)).map((attempt) => attempt.error)).toEqual([
    expect.stringContaining('unknown form'),
  ])
})

test('a job that names no event at all is dropped with an error, and the worker goes on', async () => {
  await system.queues.of('crm').add('deliver', { hello: 'world' }, { jobId: 'nobody' })
  await eventually('the error', () =>
    system.logs().some((line) => JSON.stringify(line).includes('job nobody')),
  )
  const { body } = await system.api.post({ type: 'a.b', data: 1 })
  await eventually('the next delivery', async () => (await system.api.event(body.id)).status === 'delivered')
})
