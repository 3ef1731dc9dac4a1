/**
 * The tests of the alert rules are worth something: a rule that has lost its patience, or that adds up what all processes share, is
 * found out by them.
 */
import { spawnSync } from 'node:child_process'
import { copyFileSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { parse } from 'yaml'
import { z } from 'zod'
import { sharedGauges } from '../support/documented-metrics.ts'
import { prometheusProgram } from '../support/prometheus.ts'

const INSTALL_MS = 300_000
const folderOf = (file: string) => fileURLToPath(new URL(`../../deploy/prometheus/${file}`, import.meta.url))

const rulesFile = z
  .object({
    groups: z.array(
      z.looseObject({
        rules: z.array(z.looseObject({ alert: z.string(), expr: z.string(), for: z.string().optional() })),
      }),
    ),
  })
  .parse(parse(readFileSync(folderOf('rules.yaml'), 'utf8')))
const rules = rulesFile.groups.flatMap((group) => group.rules)

let folder: string

beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), 'alert-rules-'))
  copyFileSync(folderOf('rules.test.yaml'), join(folder, 'rules.test.yaml'))
})
afterAll(() => {
  rmSync(folder, { recursive: true, force: true })
})

/** The alerts of which a test fails when rules are others. */
function failuresWith(change: (rule: (typeof rules)[number]) => object): string[] {
  const groups = rulesFile.groups.map((group) => ({ ...group, rules: group.rules.map(change) }))
  // JSON is YAML.
  writeFileSync(join(folder, 'rules.yaml'), JSON.stringify({ groups }))
  const args = ['test', 'rules', join(folder, 'rules.test.yaml')]
  const { stdout, stderr } = spawnSync(prometheusProgram('promtool'), args, { encoding: 'utf8' })
  const names = [...(stdout + stderr).matchAll(/alertname: ?(\w+)/g)].map(([, name = '']) => name)
  return [...new Set(names)].sort()
}

test('as they are, all rules pass', { timeout: INSTALL_MS }, () => {
  expect(failuresWith((rule) => rule)).toEqual([])
})

test('every rule that waits would fire over a moment if it did not', { timeout: INSTALL_MS }, () => {
  const waiting = rules.filter((rule) => rule.for !== undefined).map(({ alert }) => alert)
  expect(waiting.length).toBeGreaterThan(10)
  expect(failuresWith((rule) => ({ ...rule, for: '0s' }))).toEqual(waiting.sort())
})

test('every rule would be wrong if it added up what all processes share', { timeout: INSTALL_MS }, () => {
  const shared = rules.filter(({ expr }) => sharedGauges().some((name) => expr.includes(name)))
  expect(shared.length).toBeGreaterThan(5)
  const added = (rule: (typeof rules)[number]) =>
    shared.includes(rule) ? { ...rule, expr: rule.expr.replaceAll(/\bmax\b/g, 'sum') } : rule
  expect(failuresWith(added)).toEqual(shared.map(({ alert }) => alert).sort())
})
