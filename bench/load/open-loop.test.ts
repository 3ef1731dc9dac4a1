import { expect, test } from 'vitest'
import { runOpenLoop } from './open-loop.ts'

test('sends as many as the rate says, whether or not answers come', async () => {
  let sent = 0
  let release: () => void = () => undefined
  const held = new Promise<void>((resolve) => {
    release = resolve
  })
  const running = runOpenLoop({ ratePerSecond: 500, durationMs: 100 }, async (n) => {
    expect(n).toBe(sent++)
    if (sent === 50) release()
    // Nobody is answered before the last one was sent: a closed loop would wait for ever.
    await held
  })
  const lateness = await running
  expect(sent).toBe(50)
  expect(lateness).toHaveLength(50)
  expect(Math.min(...lateness)).toBeGreaterThanOrEqual(0)
})

test('catches up after a pause of its own, and says how late it was', async () => {
  const lateness = await runOpenLoop({ ratePerSecond: 1_000, durationMs: 50 }, (n) => {
    const until = performance.now() + (n === 10 ? 30 : 0)
    while (performance.now() < until);
    return Promise.resolve()
  })
  expect(lateness).toHaveLength(50)
  expect(lateness[11]).toBeGreaterThan(20)
})

test('fails when a request does', async () => {
  const failing = runOpenLoop({ ratePerSecond: 1_000, durationMs: 5 }, () =>
    Promise.reject(new Error('refused')),
  )
  await expect(failing).rejects.toThrow('refused')
})
