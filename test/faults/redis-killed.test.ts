/** Redis killed, restarted, or not there yet: never a false 202, nothing accepted is lost, and recovery by itself. */
import { afterEach, beforeEach, expect, test } from 'vitest'
import { eventually } from '../support/eventually.ts'
import { setFaultStage, type FaultStage } from '../support/fault-stage.ts'
import { expectKept } from '../support/oracle.ts'
import { launchPart } from '../support/part.ts'
import type { ProblemAnswer } from '../support/api.ts'

let stage: FaultStage

beforeEach(async () => {
  stage = await setFaultStage()
})

afterEach(() => stage.close())

const event = { type: 'order.placed', data: { orderId: 'A1' } }

test('while Redis is away a POST gets 503 with Retry-After within 2 s, and 202 within 2 s of its return', async () => {
  const { api } = await stage.producer()
  expect((await api.post(event)).status).toBe(202)
  await stage.redis.kill()

  for (let n = 0; n < 3; n++) {
    const startedAt = Date.now()
    const refused = await api.post<ProblemAnswer>(event)
    expect(Date.now() - startedAt).toBeLessThan(2_000)
    expect(refused).toMatchObject({ status: 503, body: { code: 'store-unavailable' } })
    expect(refused.headers.get('retry-after')).toBe('1')
  }
  expect((await api.call('GET', '/readyz')).status).toBe(503)
  expect((await api.call('GET', '/livez')).status).toBe(200)

  await stage.redis.start()
  const backAt = Date.now()
  await eventually('intake to be back', async () => (await api.post(event)).status === 202, 2_000)
  expect(Date.now() - backAt).toBeLessThan(2_000)
})

test('a Redis that is connected but silent gets a POST 503 within 2 s, and 202 within 2 s of its return', async () => {
  const { api } = await stage.producer()
  await stage.worker()
  const { body } = await api.post(event)
  stage.redis.freeze()
  for (let n = 0; n < 2; n++) {
    const startedAt = Date.now()
    expect(await api.post<ProblemAnswer>(event)).toMatchObject({
      status: 503,
      body: { code: 'store-unavailable' },
    })
    expect(Date.now() - startedAt).toBeLessThan(2_000)
  }
  stage.redis.thaw()
  const again = await eventually(
    'intake to be back',
    async () => {
      const answer = await api.post(event)
      return answer.status === 202 ? answer : undefined
    },
    2_000,
  )
  const accepted = [body.id, again.body.id]
  const received = () =>
    stage.sandbox
      .received()
      .filter((one) => accepted.some((id) => String(one.headers['webhook-id']).startsWith(id)))
  await expectKept({ ...stage, api, received, accepted })
})

test('Redis killed and restarted under load: every event answered 202 is delivered', async () => {
  const { api } = await stage.producer()
  await stage.worker()
  await stage.worker()
  const accepted: string[] = []
  let refused = 0
  let done = false
  const posting = Array.from({ length: 8 }, async () => {
    while (!done) {
      const answer = await api.post(event)
      if (answer.status === 202) accepted.push(answer.body.id)
      else refused++
    }
  })
  for (const seen of [150, 300]) {
    await eventually('load', () => accepted.length > seen)
    await stage.redis.kill()
    await eventually('refusals', () => refused > 0)
    await stage.redis.start()
    refused = 0
  }
  await eventually('load after the restarts', () => accepted.length > 450)
  done = true
  await Promise.all(posting)

  const received = () => stage.sandbox.received()
  const events = await expectKept({ ...stage, api, received, accepted, crashed: true })
  expect(new Set(events.map((one) => one.status))).toEqual(new Set(['delivered']))
})

test('a producer and a worker that start before Redis say so, wait, and then work', async () => {
  await stage.redis.kill()
  const { environment } = stage
  const producer = launchPart({ part: 'producer', environment })
  const worker = launchPart({ part: 'worker', args: ['--target', 'alpha'], environment })
  try {
    await eventually('both to say that they wait', () =>
      [producer, worker].every((part) => part.output().includes('waiting for Redis')),
    )
    await stage.redis.start()
    await eventually('both to work', () =>
      [producer.output().includes('is listening'), worker.output().includes('is consuming')].every(Boolean),
    )
  } finally {
    for (const part of [producer, worker]) part.child.kill('SIGKILL')
    await Promise.all([producer.ended, worker.ended])
  }
})
