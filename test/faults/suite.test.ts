/** The short part of the fault suite: a few of its scenarios, small, and the promise that every name in it can be run. */
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { runScenario } from '../../faults/run-scenario.ts'
import { SCENARIOS } from '../../faults/scenarios/scenarios.ts'

/** On a busy machine. */
const LIMIT_MS = 120_000

const SHORT = ['worker-killed', 'redis-killed', 'replayed-twice']

let folder: string

beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), 'manifold-faults-'))
})

afterAll(() => {
  rmSync(folder, { recursive: true, force: true, maxRetries: 3 })
})

test('every scenario has a name of its own, and says what it promises', () => {
  expect(new Set(SCENARIOS.map(({ name }) => name)).size).toBe(SCENARIOS.length)
  for (const { name, promise } of SCENARIOS) {
    expect(name).toMatch(/^[a-z][a-z-]*$/)
    expect(promise).not.toBe('')
  }
})

test.each(SCENARIOS.filter(({ name }) => SHORT.includes(name)))(
  '$title: $promise',
  async (scenario) => {
    const { findings } = await runScenario(scenario, { folder, quick: true, seed: 7 })
    expect(findings).toEqual([])
  },
  LIMIT_MS,
)
