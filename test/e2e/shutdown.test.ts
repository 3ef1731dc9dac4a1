/** SIGTERM: a worker finishes what it can, and hands the rest back at no cost. */
import { afterEach, beforeEach, expect, test } from 'vitest'
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

const post = () => api.post({ type: 'a.b', data: 1, targets: ['alpha'] })

test('deliveries that end within the drain time are settled by the worker that began them', async () => {
  stage.sandbox.behave('alpha', '/delay/300')
  const worker = await stage.worker({ MANIFOLD_DRAIN_MS: '5000' })
  const { body } = await post()
  await eventually('the request', () => stage.sandbox.received().length === 1)
  worker.kill('SIGTERM')
  expect(await worker.ended).toBe(0)
  expect(await api.event(body.id)).toMatchObject({ status: 'delivered', deliveries: [{ attempts: 1 }] })
  expect(worker.output()).toContain('"stopped"')
})

test('a delivery that does not end in time is handed back without costing an attempt, and made by the next worker', async () => {
  stage.sandbox.behave('alpha', '/hang')
  const worker = await stage.worker({ MANIFOLD_DRAIN_MS: '200', MANIFOLD_LOCK_MS: '60000' })
  const { body } = await post()
  await eventually('the request', () => stage.sandbox.received().length === 1)
  const stoppedAt = Date.now()
  worker.kill('SIGTERM')
  expect(await worker.ended).toBe(0)
  expect(Date.now() - stoppedAt).toBeLessThan(2_000)
  expect(await api.event(body.id)).toMatchObject({ deliveries: [{ status: 'pending', attempts: 0 }] })
  const handedBack = worker
    .output()
    .split('\n')
    .filter((line) => line.includes('"handed back"'))
  expect(handedBack.map((line) => JSON.parse(line) as unknown)).toEqual([
    {
      level: 'info',
      time: expect.any(String) as string,
      part: 'worker:alpha+beta+gamma',
      eventId: body.id,
      deliveryId: `${body.id}-alpha`,
      traceId: expect.stringMatching(/^[0-9a-f]{32}$/) as string,
      target: 'alpha',
      type: 'a.b',
      generation: 1,
      attempt: 1,
      reason: 'stopping',
      durationMs: expect.any(Number) as number,
      ageMs: expect.any(Number) as number,
      msg: 'handed back',
    },
  ])

  stage.sandbox.behave('alpha', '/ok')
  await stage.worker()
  const received = () => stage.sandbox.received()
  const [event] = await expectKept({ ...stage, api, received, accepted: [body.id], crashed: true })
  expect(event).toMatchObject({ status: 'delivered', deliveries: [{ attempts: 1, generation: 1 }] })
})

test('a producer that is stopped answers what it has begun, enqueues it, and ends with 0', async () => {
  const producer = await stage.producer()
  const answers = Promise.all(Array.from({ length: 20 }, () => producer.api.post({ type: 'a.b', data: 1 })))
  const accepted = (await answers).map((answer) => answer.body.id)
  producer.kill('SIGTERM')
  expect(await producer.ended).toBe(0)
  await stage.worker()
  await expectKept({ ...stage, api, received: () => stage.sandbox.received(), accepted })
})

test.each(['?wait=60', '/stream'])(
  'a producer that somebody waits at (%s) stops in time, with Redis and without',
  async (query) => {
    for (const redisIsThere of [true, false]) {
      const producer = await stage.producer()
      const { body } = await producer.api.post({ type: 'a.b', data: 1 })
      const url = `http://127.0.0.1:${String(producer.port)}`
      const followed = fetch(`${url}/v1/events/${body.id}${query}`).then((answer) => answer.text())
      followed.catch(() => undefined)
      await eventually('somebody to wait', async () =>
        /^manifold_followers\{.*\} 1$/m.test(await (await fetch(`${url}/metrics`)).text()),
      )
      if (!redisIsThere) await stage.redis.kill()
      const stoppedAt = Date.now()
      producer.kill('SIGTERM')
      expect(await producer.ended).toBe(0)
      expect(Date.now() - stoppedAt).toBeLessThan(5_000)
    }
    await stage.redis.start()
  },
)

test('a part ends by itself when the process that started it is gone', async () => {
  const worker = await stage.worker()
  worker.disconnect()
  expect(await worker.ended).toBe(0)
  expect(worker.output()).toContain('parent gone')
})
