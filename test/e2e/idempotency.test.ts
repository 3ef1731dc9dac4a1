/** One request, however often it is sent, is one event. */
import { countEvents } from '@manifold/store'
import { afterAll, beforeAll, expect, test } from 'vitest'
import type { ProblemAnswer } from '../support/api.ts'
import { expectKept } from '../support/oracle.ts'
import { startSystem, type System } from '../support/system.ts'

let system: System

beforeAll(async () => {
  system = await startSystem({
    config: (sandboxUrl) => ({
      targets: ['crm', 'email'].map((name) => ({
        name,
        subscribe: ['**'],
        url: `${sandboxUrl}/t/${name}/ok`,
      })),
    }),
  })
})

afterAll(() => system.close())

const event = { type: 'order.placed', data: { orderId: 'A1' } }

test('50 concurrent POSTs with one key are one event, all with the same answer, delivered once per target', async () => {
  const before = await countEvents(system.store)
  const answers = await Promise.all(
    Array.from({ length: 50 }, () => system.api.post(event, { 'idempotency-key': 'one' })),
  )
  expect(new Set(answers.map((answer) => answer.status))).toEqual(new Set([202]))
  expect(new Set(answers.map((answer) => JSON.stringify(answer.body))).size).toBe(1)
  expect(answers.filter((answer) => answer.headers.get('idempotent-replayed') === null)).toHaveLength(1)
  expect(await countEvents(system.store)).toBe(before + 1)

  const accepted = answers.slice(0, 1).map((answer) => answer.body.id)
  const received = () =>
    system.sandbox
      .received()
      .filter((request) => accepted.some((id) => String(request.headers['webhook-id']).startsWith(id)))
  await expectKept({ ...system, accepted, received })
  expect(received()).toHaveLength(2)
})

test('the same key and body answer as the first time, after the event has settled too', async () => {
  const headers = { 'idempotency-key': 'again' }
  const first = await system.api.post(event, headers)
  await expectKept({ ...system, accepted: [first.body.id], received: ownRequests(first.body.id) })
  const again = await system.api.post(event, headers)
  expect(again.status).toBe(202)
  expect(again.body).toEqual(first.body)
  expect(again.headers.get('location')).toBe(first.headers.get('location'))
})

test('a key in quotes is the same key: the header is a structured string', async () => {
  const first = await system.api.post(event, { 'idempotency-key': 'quoted' })
  const again = await system.api.post(event, { 'idempotency-key': '"quoted"' })
  expect(again.body.id).toBe(first.body.id)
})

test('the same key with another body is refused, and the first event stays', async () => {
  const headers = { 'idempotency-key': 'mine' }
  const first = await system.api.post(event, headers)
  const other = await system.api.post<ProblemAnswer>({ ...event, data: { orderId: 'B2' } }, headers)
  expect(other).toMatchObject({ status: 422, body: { code: 'idempotency-key-reused' } })
  expect((await system.api.event(first.body.id)).id).toBe(first.body.id)
})

test("the caller's id is the event's id; the same body again answers the same, another body is refused", async () => {
  const own = { ...event, id: 'order-A1.placed' }
  const first = await system.api.post(own)
  expect(first.body).toMatchObject({ id: 'order-A1.placed', deliveries: [{ id: 'order-A1.placed-crm' }, {}] })
  expect((await system.api.post(own)).body).toEqual(first.body)
  const other = await system.api.post<ProblemAnswer>({ ...own, data: 2 })
  expect(other).toMatchObject({ status: 409, body: { code: 'event-id-taken' } })
  await expectKept({ ...system, accepted: [first.body.id], received: ownRequests(first.body.id) })
})

function ownRequests(eventId: string) {
  return () =>
    system.sandbox.received().filter((request) => String(request.headers['webhook-id']).startsWith(eventId))
}
