/** What waiting for all targets costs beyond the slowest of them: timed, so not for a machine that does something else. */
import { afterAll, beforeAll, expect, test } from 'vitest'
import { setStage, QUICK, type Stage } from '../support/conformance.ts'

const TARGET_MS = 50
const ROUNDS = 100
const WARM_UPS = 20

let stage: Stage

beforeAll(async () => {
  stage = await setStage((server) =>
    ['crm', 'email', 'slow'].map((name) => ({
      ...QUICK,
      name,
      subscribe: ['**'],
      url: `${server.url}/${name}`,
    })),
  )
  stage.server.on('/slow', { status: 200, delayMs: TARGET_MS })
})

afterAll(() => stage.close())

test('a wait adds less than 10 ms to its slowest target at light load', async () => {
  const send = () => stage.system.api.post({ type: 'order.placed', data: {} }, { prefer: 'wait=30' })
  const added: number[] = []
  for (let round = 0; round < WARM_UPS + ROUNDS; round++) {
    const startedAt = performance.now()
    const { status, body } = await send()
    const totalMs = performance.now() - startedAt
    expect([status, body.status]).toEqual([200, 'delivered'])
    if (round >= WARM_UPS) added.push(totalMs - TARGET_MS)
  }
  added.sort((a, b) => a - b)
  const [median, p95] = [added[ROUNDS / 2] ?? Infinity, added[Math.floor(ROUNDS * 0.95)] ?? Infinity]
  process.stdout.write(`added by the wait: median ${median.toFixed(1)} ms, p95 ${p95.toFixed(1)} ms\n`)
  expect(median).toBeLessThan(10)
})
