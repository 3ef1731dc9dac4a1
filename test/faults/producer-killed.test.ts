/** Promise 1: a 202 means that the event will be fanned out even if the producer dies the next microsecond. */
import { outboxSize } from '@manifold/store'
import { afterEach, beforeEach, expect, test } from 'vitest'
import { eventually } from '../support/eventually.ts'
import { setFaultStage, type FaultStage } from '../support/fault-stage.ts'
import { expectKept } from '../support/oracle.ts'

let stage: FaultStage

beforeEach(async () => {
  stage = await setFaultStage()
})

afterEach(() => stage.close())

const event = { type: 'order.placed', data: { orderId: 'A1' } }

test('a producer killed between its 202 and the enqueueing loses nothing: a worker enqueues what it left', async () => {
  const doomed = await stage.producer({ MANIFOLD_FAILPOINT: 'enqueueing' })
  const { status, body } = await doomed.api.post(event)
  expect(status).toBe(202)
  expect(await doomed.ended).toBe('SIGKILL')
  expect(await outboxSize(stage.store)).toBe(1)

  await stage.worker()
  const { api } = await stage.producer()
  const [settled] = await expectKept({
    ...stage,
    api,
    received: () => stage.sandbox.received(),
    accepted: [body.id],
  })
  expect(settled).toMatchObject({ status: 'delivered' })
})

test('a producer killed after enqueueing, before it confirmed, causes no second delivery', async () => {
  await stage.worker()
  const doomed = await stage.producer({ MANIFOLD_FAILPOINT: 'enqueued' })
  const { body } = await doomed.api.post(event)
  expect(await doomed.ended).toBe('SIGKILL')

  const { api } = await stage.producer()
  await expectKept({ ...stage, api, received: () => stage.sandbox.received(), accepted: [body.id] })
  expect(stage.sandbox.received()).toHaveLength(3)
})

test('a producer killed before it could answer: the retry with the same key gets the event that was stored', async () => {
  await stage.worker()
  const doomed = await stage.producer({ MANIFOLD_FAILPOINT: 'recorded' })
  const headers = { 'idempotency-key': 'order-A1' }
  await expect(doomed.api.post(event, headers)).rejects.toThrow()
  expect(await doomed.ended).toBe('SIGKILL')

  const { api } = await stage.producer()
  const { status, body } = await api.post(event, headers)
  expect(status).toBe(202)
  await expectKept({ ...stage, api, received: () => stage.sandbox.received(), accepted: [body.id] })
  expect(stage.sandbox.received()).toHaveLength(3)
})

test('a producer killed under load: every event it answered 202 is delivered', async () => {
  await stage.worker()
  const doomed = await stage.producer()
  const accepted: string[] = []
  let posted = 0
  const posting = Array.from({ length: 8 }, async () => {
    while (posted++ < 2_000) {
      const answer = await doomed.api.post(event)
      if (answer.status === 202) accepted.push(answer.body.id)
    }
  })
  await eventually('some events to be accepted', () => accepted.length > 100)
  doomed.kill('SIGKILL')
  await Promise.allSettled(posting)
  expect(accepted.length).toBeLessThan(2_000)

  const { api } = await stage.producer()
  await expectKept({ ...stage, api, received: () => stage.sandbox.received(), accepted })
})
