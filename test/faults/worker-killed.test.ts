/** Promise 2: whatever a killed worker was doing is taken over, under the same delivery id, and ends once. */
import { afterEach, beforeEach, describe, expect, test } from 'vitest'
import type { Api } from '../support/api.ts'
import { eventually } from '../support/eventually.ts'
import { setFaultStage, type FaultStage } from '../support/fault-stage.ts'
import { expectKept } from '../support/oracle.ts'

let stage: FaultStage
let api: Api

beforeEach(async () => {
  stage = await setFaultStage()
  api = (await stage.producer()).api
})

afterEach(() => stage.close())

async function postOne(): Promise<string> {
  const { status, body } = await api.post({
    type: 'order.placed',
    data: { orderId: 'A1' },
    targets: ['alpha'],
  })
  expect(status).toBe(202)
  return body.id
}

async function expectDelivered(id: string, requests: number): Promise<void> {
  const received = () => stage.sandbox.received()
  const [event] = await expectKept({ ...stage, api, received, accepted: [id], crashed: true })
  expect(event).toMatchObject({ status: 'delivered', deliveries: [{ generation: 1 }] })
  expect(received().map((request) => request.headers['idempotency-key'])).toEqual(
    Array.from({ length: requests }, () => `${id}-alpha`),
  )
}

const POINTS = [
  { point: 'claimed', when: 'before the request', requests: 1 },
  { point: 'sent', when: "after the target's 200, before settling", requests: 2 },
  { point: 'settled', when: 'after settling, before the queue knew', requests: 1 },
]

describe.each(POINTS)('a worker killed $when', ({ point, requests }) => {
  test('is taken over', async () => {
    const doomed = await stage.worker({ MANIFOLD_FAILPOINT: point })
    const id = await postOne()
    expect(await doomed.ended).toBe('SIGKILL')
    await stage.worker()
    await expectDelivered(id, requests)
  })

  test('twice in a row is taken over', async () => {
    const id = await postOne()
    // After settling nothing is claimed a second time: the second worker only finishes the job.
    const second = point === 'settled' ? 'claimed' : point
    for (const failpoint of [point, second]) {
      const doomed = await stage.worker({ MANIFOLD_FAILPOINT: failpoint })
      expect(await doomed.ended).toBe('SIGKILL')
    }
    await stage.worker()
    await expectDelivered(id, point === 'sent' ? 3 : 1)
  })
})

test('a worker killed during the request is taken over, twice in a row too', async () => {
  stage.sandbox.behave('alpha', '/hang')
  const id = await postOne()
  for (const seen of [1, 2]) {
    const doomed = await stage.worker()
    await eventually('the request to arrive', () => stage.sandbox.received().length === seen)
    doomed.kill('SIGKILL')
    await doomed.ended
  }
  stage.sandbox.behave('alpha', '/ok')
  await stage.worker()
  await expectDelivered(id, 3)
})

test('a worker killed between two retries keeps the count of attempts', async () => {
  stage.sandbox.behave('alpha', '/status/503')
  const doomed = await stage.worker({ MANIFOLD_FAILPOINT: 'settled' })
  const id = await postOne()
  expect(await doomed.ended).toBe('SIGKILL')
  await stage.worker()
  const [event] = await expectKept({
    ...stage,
    api,
    received: () => stage.sandbox.received(),
    accepted: [id],
  })
  expect(event?.deliveries).toMatchObject([{ status: 'dead', attempts: 4, reason: 'exhausted' }])
  expect(stage.sandbox.received()).toHaveLength(4)
})

test('a worker killed after it settled a delivery as dead: the dead letter reaches its queue all the same', async () => {
  stage.sandbox.behave('alpha', '/status/400')
  const doomed = await stage.worker({ MANIFOLD_FAILPOINT: 'settled' })
  const id = await postOne()
  expect(await doomed.ended).toBe('SIGKILL')
  await stage.worker()
  const [event] = await expectKept({
    ...stage,
    api,
    received: () => stage.sandbox.received(),
    accepted: [id],
  })
  expect(event?.deliveries).toMatchObject([{ status: 'dead', attempts: 1, reason: 'rejected' }])
  expect(await api.deadLetters()).toMatchObject([{ id: `${id}-alpha` }])
})

test('a worker stopped for longer than its lock does not undo what the one that took over did', async () => {
  stage.sandbox.behave('alpha', '/delay/300')
  const frozen = await stage.worker()
  const id = await postOne()
  await eventually('the request to arrive', () => stage.sandbox.received().length === 1)
  frozen.kill('SIGSTOP')
  await stage.worker()
  await eventually('the other worker to deliver', async () => (await api.event(id)).status === 'delivered')
  frozen.kill('SIGCONT')
  await eventually('both attempts to be recorded', async () => (await api.attempts(id)).length === 2)
  await expectDelivered(id, 2)
})

test('workers killed again and again under load lose nothing', async () => {
  const accepted: string[] = []
  for (let round = 0; round < 3; round++) {
    const worker = await stage.worker()
    const before = stage.sandbox.received().length
    const answers = await Promise.all(
      Array.from({ length: 60 }, () => api.post({ type: 'order.placed', data: round })),
    )
    accepted.push(...answers.map((answer) => answer.body.id))
    await eventually('work under way', () => stage.sandbox.received().length > before + 40)
    worker.kill('SIGKILL')
    await worker.ended
  }
  await stage.worker()
  const events = await expectKept({
    ...stage,
    api,
    received: () => stage.sandbox.received(),
    accepted,
    crashed: true,
  })
  expect(new Set(events.map((event) => event.status))).toEqual(new Set(['delivered']))
})
