/**
 * What waiting for all targets costs beyond the slowest of them, with producer and worker as processes of their own: timed, so not
 * for a machine that does something else.
 */
import { afterAll, beforeAll, expect, test } from 'vitest'
import type { Api } from '../support/api.ts'
import { setFaultStage, type FaultStage } from '../support/fault-stage.ts'

const TARGET_MS = 50
const ROUNDS = 100
const WARM_UPS = 20

let stage: FaultStage
let api: Api

beforeAll(async () => {
  stage = await setFaultStage()
  const [producer] = await Promise.all([stage.producer(), stage.worker()])
  api = producer.api
  stage.sandbox.behave('gamma', `/delay/${String(TARGET_MS)}`)
})

afterAll(() => stage.close())

test('a wait adds less than 10 ms to its slowest target at light load', async () => {
  const added: number[] = []
  for (let round = 0; round < WARM_UPS + ROUNDS; round++) {
    const startedAt = performance.now()
    const { status, body } = await api.post({ type: 'order.placed', data: {} }, { prefer: 'wait=30' })
    const totalMs = performance.now() - startedAt
    expect([status, body.status]).toEqual([200, 'delivered'])
    // What the target took of its caller: its own delay, and one HTTP request.
    const slowest = Math.max(...(await api.attempts(body.id)).map(({ durationMs }) => durationMs))
    if (round >= WARM_UPS) added.push(totalMs - slowest)
  }
  added.sort((a, b) => a - b)
  const [median, p95] = [added[ROUNDS / 2] ?? Infinity, added[Math.floor(ROUNDS * 0.95)] ?? Infinity]
  process.stdout.write(`added by the wait: median ${median.toFixed(1)} ms, p95 ${p95.toFixed(1)} ms\n`)
  expect(median).toBeLessThan(10)
})
