import { expect, test } from 'vitest'
import { microsEach, startMeter } from './meter.ts'
import { cpuMs, machineMs, residentBytes } from './process-cost.ts'

function workFor(ms: number): void {
  const used = () => (process.cpuUsage().user + process.cpuUsage().system) / 1_000
  const until = used() + ms
  while (used() < until);
}

test('processor time and memory of this process are about what it says itself', () => {
  const { user, system } = process.cpuUsage()
  expect(Math.abs(cpuMs(process.pid) - (user + system) / 1_000)).toBeLessThan(60)
  expect(residentBytes(process.pid) / process.memoryUsage.rss()).toBeCloseTo(1, 0)
})

test('the machine was busy, and idle, for some time', () => {
  const { busyMs, totalMs } = machineMs()
  expect(busyMs).toBeGreaterThan(0)
  expect(totalMs).toBeGreaterThan(busyMs)
})

test('the meter tells what was used since it was started, and shares it out', () => {
  const read = startMeter({ self: { pid: process.pid } })
  workFor(100)
  const usage = read()
  expect(usage.cpuMs['self']).toBeGreaterThanOrEqual(70)
  expect(usage.othersShare).toBeGreaterThanOrEqual(0)
  expect(usage.othersShare).toBeLessThanOrEqual(1)
  expect(microsEach({ cpuMs: { self: 100 }, othersShare: 0 }, 1_000)).toEqual({ self: 100 })
})
