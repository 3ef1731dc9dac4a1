/** The main job: one event, three APIs, of which one recovers after retries and one ends in the dead letters. */
import { afterAll, beforeAll, expect, test } from 'vitest'
import type { DeliveryAnswer } from '../support/api.ts'
import { eventually } from '../support/eventually.ts'
import { expectKept } from '../support/oracle.ts'
import { startSystem, type System } from '../support/system.ts'

let system: System

beforeAll(async () => {
  system = await startSystem({
    config: (sandboxUrl) => ({
      targets: ['crm', 'email', 'billing'].map((name) => ({
        name,
        subscribe: ['order.*'],
        url: `${sandboxUrl}/t/${name}/ok`,
        retry: { maxAttempts: 3, baseDelayMs: 5, maxDelayMs: 20 },
        allowPrivateNetwork: true,
      })),
    }),
  })
  system.sandbox.behave('email', '/flaky?fail=2')
  system.sandbox.behave('billing', '/status/503')
})

afterAll(() => system.close())

const order = { type: 'order.placed', data: { orderId: 'A1', total: 10 } }

async function settledDeliveries(id: string): Promise<Record<string, DeliveryAnswer>> {
  const event = await eventually('the event to settle', async () => {
    const answer = await system.api.event(id)
    return answer.settledAt === null ? undefined : answer
  })
  return Object.fromEntries(event.deliveries.map((delivery) => [delivery.target, delivery]))
}

test('an event is answered 202 at once, with where to look and every delivery pending', async () => {
  const { status, headers, body } = await system.api.post(order)
  expect(status).toBe(202)
  expect(headers.get('location')).toBe(`/v1/events/${body.id}`)
  expect(body).toMatchObject({ type: 'order.placed', status: 'pending' })
  expect(body.id).toMatch(/^evt_[0-9A-HJKMNP-TV-Z]{26}$/)
  expect(body.deliveries).toEqual(
    ['crm', 'email', 'billing'].map((target) => ({ id: `${body.id}-${target}`, target, status: 'pending' })),
  )
})

test('each target ends on its own: delivered, delivered after retries, dead', async () => {
  const { body } = await system.api.post(order)
  const { crm, email, billing } = await settledDeliveries(body.id)
  expect(crm).toMatchObject({ status: 'delivered', attempts: 1, lastAttempt: { httpStatus: 200 } })
  expect(email).toMatchObject({ status: 'delivered', attempts: 3 })
  expect(billing).toMatchObject({
    status: 'dead',
    attempts: 3,
    reason: 'exhausted',
    lastAttempt: { httpStatus: 503 },
  })
  expect(await system.api.event(body.id)).toMatchObject({ status: 'partially_delivered' })
})

test('attempts are listed oldest first, and agree with what the receiver saw', async () => {
  const { body } = await system.api.post(order)
  await settledDeliveries(body.id)
  const attempts = await system.api.attempts(body.id)
  const email = attempts.filter((attempt) => attempt.target === 'email')
  expect(email.map(({ number, outcome, httpStatus }) => [number, outcome, httpStatus])).toEqual([
    [1, 'retryable', 503],
    [2, 'retryable', 503],
    [3, 'delivered', 200],
  ])
  const times = attempts.map((attempt) => attempt.at)
  expect(times).toEqual(times.toSorted())
})

test('a replayed dead letter reaches the healed target under the same Idempotency-Key, as the next generation', async () => {
  const { body } = await system.api.post(order)
  const deliveryId = `${body.id}-billing`
  await settledDeliveries(body.id)
  expect((await system.api.deadLetters('?target=billing')).map((letter) => letter.id)).toContain(deliveryId)

  system.sandbox.behave('billing', '/ok')
  const replayed = await system.api.call('POST', `/v1/admin/dead-letters/${deliveryId}/replay`)
  expect(replayed).toMatchObject({ status: 202, body: { id: deliveryId, generation: 2, status: 'pending' } })
  const { billing } = await settledDeliveries(body.id)
  expect(billing).toMatchObject({ status: 'delivered', generation: 2, attempts: 4, reason: null })
  expect(await system.api.event(body.id)).toMatchObject({ status: 'delivered' })
  expect(await system.api.deadLetters(`?target=billing`)).not.toContainEqual(
    expect.objectContaining({ id: deliveryId }),
  )

  const keys = system.sandbox.received('billing').map((request) => request.headers['idempotency-key'])
  expect(keys.filter((key) => key === deliveryId)).toHaveLength(4)
  system.sandbox.behave('billing', '/status/503')
})

test('at the end every promise holds', async () => {
  const list = await system.api.call<{ items: { id: string }[] }>('GET', '/v1/events?limit=200')
  await expectKept({
    ...system,
    received: () => system.sandbox.received(),
    accepted: list.body.items.map((event) => event.id),
  })
})
