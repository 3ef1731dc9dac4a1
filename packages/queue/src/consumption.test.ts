import { expect, test } from 'vitest'
import { watchConsumption, type ConsumptionSample } from './consumption.ts'

/** A worker that could take a job and does not. */
const STUCK: ConsumptionSample = { atMs: 0, waiting: 5, inFlight: 1, concurrency: 2, taken: 7 }

/** Observes samples a second apart. @returns how long the worker is stuck a second after the last */
function stuckAfter(...samples: readonly Partial<ConsumptionSample>[]): number {
  const consumption = watchConsumption()
  for (const [index, sample] of samples.entries()) {
    consumption.observe({ ...STUCK, atMs: index * 1_000, ...sample })
  }
  return consumption.stuckForMs(samples.length * 1_000)
}

test('a worker that was never looked at is not stuck', () => {
  expect(stuckAfter()).toBe(0)
})

test('the first look at a worker finds nothing wrong', () => {
  expect(stuckAfter({})).toBe(0)
})

test('jobs that wait while there is room and none is taken make a worker stuck, since the first look that saw it', () => {
  expect(stuckAfter({}, {})).toBe(1_000)
  expect(stuckAfter({}, {}, {}, {})).toBe(3_000)
})

test('taking a job ends it', () => {
  expect(stuckAfter({}, {}, { taken: 8 })).toBe(0)
  expect(stuckAfter({}, {}, { taken: 8 }, { taken: 8 })).toBe(1_000)
})

test('a worker that takes jobs all the time is never stuck, however many wait', () => {
  expect(stuckAfter({ taken: 1 }, { taken: 2 }, { taken: 3 }, { taken: 4 })).toBe(0)
})

test('a worker with nothing to take is not stuck', () => {
  expect(stuckAfter({}, {}, { waiting: 0 })).toBe(0)
  expect(stuckAfter({ waiting: 0 }, { waiting: 0 }, { waiting: 0 })).toBe(0)
})

test('a worker without room is not stuck, however long its attempts take', () => {
  expect(stuckAfter({ inFlight: 2 }, { inFlight: 2 }, { inFlight: 2 })).toBe(0)
  expect(stuckAfter({ inFlight: 3 }, { inFlight: 3 })).toBe(0)
})

test('being stuck counts from anew after the worker had nothing to take', () => {
  expect(stuckAfter({}, {}, {}, { waiting: 0 }, {})).toBe(1_000)
})
