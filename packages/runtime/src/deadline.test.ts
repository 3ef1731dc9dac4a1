import { expect, test } from 'vitest'
import { withinMs } from './deadline.ts'

const HOUR_MS = 3_600_000
const never = new Promise<string>(() => undefined)

test('work that is done in time gives its result', async () => {
  expect(await withinMs(HOUR_MS, 'Redis', Promise.resolve('PONG'))).toBe('PONG')
})

test('work that fails in time gives its own error', async () => {
  await expect(withinMs(HOUR_MS, 'Redis', Promise.reject(new Error('refused')))).rejects.toThrow('refused')
})

test('work that takes longer is an error that names what did not answer, and after how long', async () => {
  await expect(withinMs(20, 'Redis', never)).rejects.toThrow('Redis did not answer within 20 ms')
})

test('the deadline is not cut short', async () => {
  const startedAt = performance.now()
  await expect(withinMs(50, 'Redis', never)).rejects.toThrow()
  // A timer may fire up to a millisecond early by this clock.
  expect(performance.now() - startedAt).toBeGreaterThan(48)
})

test('work that fails after its deadline is no unhandled rejection', async () => {
  const unhandled: unknown[] = []
  const note = (reason: unknown) => unhandled.push(reason)
  process.on('unhandledRejection', note)
  const late = Promise.withResolvers<string>()
  await expect(withinMs(1, 'Redis', late.promise)).rejects.toThrow('did not answer')
  late.reject(new Error('too late'))
  await new Promise((resolve) => setImmediate(resolve))
  process.off('unhandledRejection', note)
  expect(unhandled).toEqual([])
})

test('work that is done in time leaves no timer that would keep the process alive', async () => {
  const timers = () => process.getActiveResourcesInfo().filter((name) => name === 'Timeout').length
  const before = timers()
  await withinMs(HOUR_MS, 'Redis', Promise.resolve('PONG'))
  await expect(withinMs(HOUR_MS, 'Redis', Promise.reject(new Error('refused')))).rejects.toThrow()
  expect(timers()).toBeLessThanOrEqual(before)
})
