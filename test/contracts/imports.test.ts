/** Imports point one way (design, section 3), and the rules do catch what they forbid. */
import { cruise, type IConfiguration, type ICruiseResult } from 'dependency-cruiser'
import { expect, test } from 'vitest'
import rules from '../../dependency-rules.ts'

const { forbidden, options } = rules

async function violations(config: IConfiguration): Promise<string[]> {
  const { output } = await cruise(
    ['apps', 'packages', 'targets', 'bench', 'manifold.config.ts'],
    { ...options, validate: true, ruleSet: { forbidden: config.forbidden ?? [] } },
    { extensions: ['.ts', '.js'] },
  )
  const { summary } = output as ICruiseResult
  expect(summary.totalCruised).toBeGreaterThan(80)
  return summary.violations.map(({ rule, from, to }) => `${rule.name}: ${from} → ${to}`)
}

test('nobody imports against the direction', async () => {
  expect(await violations({ forbidden: forbidden ?? [] })).toEqual([])
})

test('the check sees across packages: forbidding what is there is noticed', async () => {
  const found = await violations({
    forbidden: [
      {
        name: 'seen',
        severity: 'error',
        from: { path: '^apps/producer/' },
        to: { path: '^packages/queue/' },
      },
      {
        name: 'bullmq',
        severity: 'error',
        from: { path: '^packages/queue/' },
        to: { path: 'node_modules/bullmq/' },
      },
    ],
  })
  expect(found.some((line) => line.startsWith('seen: apps/producer/'))).toBe(true)
  expect(found.some((line) => line.startsWith('bullmq: packages/queue/'))).toBe(true)
})
