/** When an event is delivered: put off, expired, cancelled. */
import { readHoldMs, releaseTarget } from '@manifold/queue'
import { afterAll, beforeAll, expect, test } from 'vitest'
import type { EventAnswer, ProblemAnswer } from '../support/api.ts'
import { QUICK } from '../support/conformance.ts'
import { eventually } from '../support/eventually.ts'
import { createGate } from '../support/gate.ts'
import { startScriptedApi, type ScriptedApi } from '../support/scripted-api.ts'
import { startSystem, type System } from '../support/system.ts'

let api: ScriptedApi
let system: System

beforeAll(async () => {
  api = await startScriptedApi()
  system = await startSystem({
    config: () => ({
      targets: ['crm', 'email'].map((name) => ({ ...QUICK, name, url: `${api.url}/${name}` })),
    }),
  })
})

afterAll(async () => {
  await system.close()
  await api.close()
})

const post = <Body = EventAnswer & { deliverAt: string; expiresAt: string }>(parts: object) =>
  system.api.post<Body>({ type: 'order.placed', data: {}, targets: ['crm'], ...parts })

const settled = async (id: string) =>
  (await system.api.call<EventAnswer>('GET', `/v1/events/${id}?wait=60`)).body

const receivedAt = (id: string) =>
  api.received().find(({ headers }) => headers['webhook-id'] === `${id}-crm`)?.atMs

const DAY_MS = 86_400_000

test.each([
  ['delayMs', () => ({ delayMs: 400 })],
  ['deliverAt', () => ({ deliverAt: new Date(Date.now() + 400).toISOString() })],
])('an event with %s is attempted then, not before', async (_name, when) => {
  const sentAt = Date.now()
  const { body, headers } = await post(when())
  expect(headers.get('retry-after')).toBe('1')
  const event = await system.api.event(body.id)
  expect(event.deliveries[0]?.nextAttemptAt).toBe((event as unknown as { deliverAt: string }).deliverAt)
  expect((await settled(body.id)).status).toBe('delivered')
  // Deadlines are kept in whole milliseconds on both sides.
  expect(receivedAt(body.id)).toBeGreaterThanOrEqual(sentAt + 399)
})

test('a time that has passed is now, and 30 days is the furthest', async () => {
  const { body } = await post({ deliverAt: '2020-01-01T00:00:00Z' })
  expect((await settled(body.id)).status).toBe('delivered')
  const far = await post({ delayMs: 30 * DAY_MS })
  expect(far.status).toBe(202)
  expect(Number(far.headers.get('retry-after'))).toBe(30 * 86_400)
  await system.api.call('DELETE', `/v1/events/${far.body.id}`)
})

test('a request sent again is told the same time to look, and one that nobody wants to look now', async () => {
  const deliverAt = new Date(Date.now() + DAY_MS).toISOString()
  const again = () => post({ id: 'put-off-twice', deliverAt })
  const answers = [await again(), await again()]
  expect(answers.map(({ headers }) => headers.get('idempotent-replayed'))).toEqual([null, 'true'])
  for (const { headers } of answers) expect(Number(headers.get('retry-after'))).toBeGreaterThan(86_300)
  await system.api.call('DELETE', '/v1/events/put-off-twice')

  const unrouted = await post({ targets: undefined, delayMs: DAY_MS })
  expect([unrouted.body.status, unrouted.headers.get('retry-after')]).toEqual(['unrouted', '1'])
})

test.each([
  [{ delayMs: 30 * DAY_MS + 1 }, 'delayMs'],
  [{ delayMs: -1 }, 'delayMs'],
  [{ delayMs: 1.5 }, 'delayMs'],
  [{ deliverAt: 'tomorrow' }, 'deliverAt'],
  [{ deliverAt: new Date(Date.now() + 31 * DAY_MS).toISOString() }, 'deliverAt'],
  [{ deliverAt: '2026-12-01T00:00:00Z', delayMs: 1 }, 'delayMs'],
  [{ deliverAt: '2026-12-01T00:00:00Z', expiresAt: '2026-12-01T00:00:00Z' }, 'expiresAt'],
  [{ expiresAt: 'never' }, 'expiresAt'],
])('%j is refused, and %s named', async (parts, path) => {
  const { status, body } = await post<ProblemAnswer>(parts)
  expect([status, body.code, body.errors?.map((error) => error.path)]).toEqual([422, 'invalid-event', [path]])
})

test('an event that has expired is not sent: its delivery is dead as expired', async () => {
  const { body } = await post({ expiresAt: '2020-01-01T00:00:00Z' })
  const event = await settled(body.id)
  expect(event.deliveries).toMatchObject([{ status: 'dead', reason: 'expired', attempts: 0 }])
  expect(receivedAt(body.id)).toBeUndefined()
})

test('retries stop when an event expires, with a last one shortly before', async () => {
  api.on('/crm', { status: 503, headers: { 'retry-after': '3600' } })
  const { body } = await post({ expiresAt: new Date(Date.now() + 1_500).toISOString() })
  const event = await settled(body.id)
  expect(event.deliveries).toMatchObject([{ status: 'dead', reason: 'expired' }])
  expect(event.deliveries[0]?.attempts).toBeGreaterThanOrEqual(1)
  api.on('/crm', { status: 200 })
  // It held the queue for its throttling answer; nothing that follows is to wait for it.
  await releaseTarget(system.queues, 'crm')
})

test('a target that asks for patience is left alone, also when the event it asked expires over it', async () => {
  api.on('/email', { status: 429, headers: { 'retry-after': '60' } })
  const { body } = await post({ targets: ['email'], expiresAt: new Date(Date.now() + 300).toISOString() })
  expect((await settled(body.id)).deliveries).toMatchObject([{ status: 'dead', reason: 'expired' }])
  await eventually('the target to be held', async () => (await readHoldMs(system.queues, 'email')) > 50_000)
  api.on('/email', { status: 200 })
  await releaseTarget(system.queues, 'email')
})

test('a delivery that was put off and is cancelled is never sent, and its entry is gone from the queue', async () => {
  const { body } = await post({ delayMs: 60_000, targets: ['crm', 'email'] })
  await eventually(
    'the entry to be there',
    async () => (await system.queues.of('email').getDelayedCount()) === 1,
  )
  const { status, body: cancelled } = await system.api.call<EventAnswer>('DELETE', `/v1/events/${body.id}`)
  expect([status, cancelled.status, cancelled.settledAt]).toEqual([200, 'cancelled', expect.any(String)])
  expect(cancelled.deliveries.map((delivery) => delivery.status)).toEqual(['cancelled', 'cancelled'])
  expect(await system.queues.of('email').getDelayedCount()).toBe(0)
  const again = await system.api.call<EventAnswer>('DELETE', `/v1/events/${body.id}`)
  expect([again.status, again.body]).toEqual([200, cancelled])
})

test('what is under way or was delivered cannot be cancelled', async () => {
  const gate = createGate()
  api.on('/email', gate.script)
  const { body } = await post({ targets: ['email'] })
  await eventually('the delivery to be under way', () => gate.waiting() === 1)
  const path = `/v1/events/${body.id}`
  const early = await system.api.call<ProblemAnswer>('DELETE', path)
  expect([early.status, early.body.code]).toEqual([409, 'event-not-cancellable'])
  gate.open()
  expect((await settled(body.id)).status).toBe('delivered')
  expect((await system.api.call('DELETE', path)).status).toBe(409)
  expect((await system.api.call('DELETE', '/v1/events/evt_none')).status).toBe(404)
})
