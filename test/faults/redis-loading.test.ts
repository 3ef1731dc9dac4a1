/** Redis takes its time to read its file: who waits for it is back when it has, and not when it was thought to. */
import { afterEach, beforeEach, expect, test } from 'vitest'
import { connectRedis, waitForRedis } from '@manifold/store'
import { eventually } from '../support/eventually.ts'
import { setFaultStage, type FaultStage } from '../support/fault-stage.ts'
import type { ProblemAnswer } from '../support/api.ts'

/** Between two looks at a Redis that reads, and the way of a request, on a busy machine. */
const BACK_MS = 800
const EVENT = { type: 'order.placed', data: { orderId: 'A1' } }

/**
 * Small keys first, each of which takes its time, then large ones that take none: by the bytes that are read Redis thinks that
 * it has minutes to go, and is there after seconds.
 */
const SMALL = 8_000
const DELAY_US = '250'
const LARGE = 24
const LARGE_BYTES = 1_000_000

let stage: FaultStage

beforeEach(async () => {
  stage = await setFaultStage()
})

afterEach(() => stage.close())

async function fillFile(): Promise<void> {
  const redis = connectRedis(stage.redis.url, 'patient', () => undefined)
  await waitForRedis(redis, () => undefined)
  await redis.config('SET', 'appendfsync', 'no')
  const pipeline = redis.pipeline()
  for (let n = 0; n < SMALL; n++) pipeline.set(`small:${String(n)}`, 'x')
  for (let n = 0; n < LARGE; n++) pipeline.set(`large:${String(n)}`, 'x'.repeat(LARGE_BYTES))
  await pipeline.exec()
  redis.disconnect()
}

test('intake and workers are back within a fraction of a second after a Redis has read its file, however long it said it would take', async () => {
  await fillFile()
  const { api } = await stage.producer()
  await stage.worker()
  expect((await api.post(EVENT)).status).toBe(202)
  await stage.redis.kill()

  const startedAt = performance.now()
  const started = stage.redis.start([['key-load-delay', DELAY_US]])
  const early = await api.post<ProblemAnswer>(EVENT)
  expect(early.status).toBe(503)
  await started
  const backAt = performance.now()
  expect(backAt - startedAt, 'it took its time').toBeGreaterThan(1_500)

  const { body } = await eventually('intake to be back', async () => {
    const answer = await api.post(EVENT)
    return answer.status === 202 ? answer : undefined
  })
  expect(performance.now() - backAt).toBeLessThan(BACK_MS)
  await eventually('its delivery', () =>
    stage.sandbox.received().some(({ headers }) => headers['webhook-id'] === `${body.id}-alpha`),
  )
  expect(performance.now() - backAt).toBeLessThan(2 * BACK_MS)
}, 30_000)
