import { expect, test } from 'vitest'
import { resultsMarkdown } from './report/write-results.ts'
import { runScenario } from './run-scenario.ts'
import type { Scenario } from './scenarios/scenario.ts'

const NEEDY: Scenario = {
  name: 'needy',
  title: 'Something rare',
  promise: 'nothing is lost',
  missing: () => 'there is no such thing here',
  run: () => Promise.reject(new Error('it was run')),
}

test('a scenario that misses something is not run, says why, and counts neither as well nor as found', async () => {
  const result = await runScenario(NEEDY, { folder: '/nowhere', quick: true, seed: 7 })
  expect(result).toMatchObject({ notRun: 'there is no such thing here', findings: [] })
  const row = resultsMarkdown([result]).split('\n').at(-1)
  expect(row).toContain('not run: there is no such thing here | – |')
})
