/** The files for Prometheus and Grafana: right by Prometheus's own judgement, and about metrics that there are. */
import { spawnSync } from 'node:child_process'
import { readFileSync } from 'node:fs'
import { fileURLToPath } from 'node:url'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { parse } from 'yaml'
import { z } from 'zod'
import { documentedMetrics, sharedGauges } from '../support/documented-metrics.ts'
import { eventually } from '../support/eventually.ts'
import { startMeasuredSystem, type MeasuredSystem } from '../support/measured-system.ts'
import { prometheusProgram, startPrometheus, type PrometheusServer } from '../support/prometheus.ts'

const INSTALL_MS = 300_000

const pathOf = (file: string) => fileURLToPath(new URL(`../../deploy/${file}`, import.meta.url))
const read = (file: string) => readFileSync(pathOf(file), 'utf8')

const RULES = 'prometheus/rules.yaml'
const RULE_TESTS = 'prometheus/rules.test.yaml'

const rules = z
  .object({
    groups: z.array(
      z.object({
        rules: z.array(
          z.object({
            alert: z.string(),
            expr: z.string(),
            labels: z.object({ severity: z.enum(['critical', 'warning']) }),
            annotations: z.object({
              summary: z.string(),
              runbook: z.string().regex(/^docs\/operations\.md#[a-z-]+$/),
            }),
          }),
        ),
      }),
    ),
  })
  .parse(parse(read(RULES)))
  .groups.flatMap((group) => group.rules)

const dashboard = z
  .object({
    templating: z.object({ list: z.array(z.object({ name: z.string() })) }),
    panels: z.array(
      z.object({
        title: z.string(),
        type: z.string(),
        targets: z.array(z.object({ expr: z.string() })).default([]),
      }),
    ),
  })
  .parse(JSON.parse(read('grafana/manifold.json')))
const queries = dashboard.panels.flatMap(({ title, targets }) => targets.map(({ expr }) => ({ title, expr })))

describe('by promtool', () => {
  test.each([
    ['the rules are right', ['check', 'rules', pathOf(RULES)]],
    ['each alert fires when it should, and only then', ['test', 'rules', pathOf(RULE_TESTS)]],
  ])('%s', { timeout: INSTALL_MS }, (_title, args) => {
    const { status, stdout, stderr } = spawnSync(prometheusProgram('promtool'), args, { encoding: 'utf8' })
    expect(status, stdout + stderr).toBe(0)
  })
})

test('each alert is tested for when it fires, and for when it does not', () => {
  const tested = z
    .object({
      tests: z.array(
        z.object({
          alert_rule_test: z.array(z.object({ alertname: z.string(), exp_alerts: z.array(z.unknown()) })),
        }),
      ),
    })
    .parse(parse(read(RULE_TESTS)))
    .tests.flatMap((one) => one.alert_rule_test)
  const alerts = rules.map(({ alert }) => alert).sort()
  const names = (fires: boolean) =>
    new Set(tested.filter((one) => one.exp_alerts.length > 0 === fires).map((one) => one.alertname))
  expect([...names(true)].sort()).toEqual(alerts)
  expect([...names(false)].sort()).toEqual(alerts)
})

/** The metrics of an expression, as Prometheus stores them. */
const METRIC = /\b(?:manifold|nodejs|process)_[a-z0-9_]+/g

test.each([...rules.map(({ alert, expr }) => ({ title: alert, expr })), ...queries])(
  '$title: asks for metrics that there are',
  ({ expr }) => {
    const known = new Set(
      documentedMetrics().flatMap(({ name, type }) =>
        type === 'histogram' ? [`${name}_bucket`, `${name}_sum`, `${name}_count`] : [name],
      ),
    )
    const asked = expr.match(METRIC) ?? []
    expect(asked.length + (expr.includes('up{') ? 1 : 0)).toBeGreaterThan(0)
    for (const name of asked) expect([...known]).toContain(name)
  },
)

/** The one or more aggregations in which a place of an expression is, the innermost first. */
function aggregationsAround(expr: string, place: number): string[] {
  const around: string[] = []
  let closed = 0
  for (let at = place - 1; at >= 0; at--) {
    if (expr[at] === ')') closed++
    else if (expr[at] === '(' && closed > 0) closed--
    else if (expr[at] === '(') {
      const name = /(\w+)\s*(?:by\s*\([^)]*\)\s*)?$/.exec(expr.slice(0, at))?.[1]
      if (name !== undefined && AGGREGATIONS.has(name)) around.push(name)
    }
  }
  return around
}

const AGGREGATIONS = new Set(['sum', 'avg', 'count', 'min', 'max', 'stddev', 'quantile', 'topk'])

test.each([...rules.map(({ alert, expr }) => ({ title: alert, expr })), ...queries])(
  '$title: does not add up what all processes share',
  ({ expr }) => {
    for (const name of sharedGauges())
      for (const { index } of expr.matchAll(new RegExp(`\\b${name}\\b`, 'g')))
        expect(aggregationsAround(expr, index)[0], name).toMatch(/^(min|max)$/)
  },
)

test('metrics.md names every gauge that all processes share', () => {
  /** Of the process, or of its way to Redis. */
  const own = ['manifold_info', 'manifold_redis_up', 'manifold_redis_round_trip_seconds']
  const ofBoth = documentedMetrics()
    .filter(({ name, type, parts }) => name.startsWith('manifold_') && type === 'gauge' && parts.length === 2)
    .map(({ name }) => name)
  expect(sharedGauges().sort()).toEqual(ofBoth.filter((name) => !own.includes(name)).sort())
})

test('the dashboard has its rows, and is asked for a data source and targets', () => {
  const rows = dashboard.panels.filter(({ type }) => type === 'row').map(({ title }) => title)
  expect(rows).toEqual([
    'Intake',
    'Delivery per target',
    'Queues',
    'Dead letters and breakers',
    'Redis',
    'Processes',
  ])
  expect(dashboard.templating.list.map(({ name }) => name)).toEqual(['datasource', 'target'])
})

describe('a Prometheus that scrapes a producer and a worker', () => {
  let measured: MeasuredSystem
  let prometheus: PrometheusServer

  beforeAll(async () => {
    measured = await startMeasuredSystem()
    prometheus = await startPrometheus({
      ruleFiles: [pathOf(RULES)],
      targets: Object.values(measured.urls).map((url) => new URL(url).host),
    })
  }, INSTALL_MS)

  afterAll(async () => {
    await prometheus.close()
    await measured.close()
  })

  test('takes what they show, and evaluates every rule', async () => {
    await eventually('both to be scraped', async () => {
      const { activeTargets } = z
        .object({ activeTargets: z.array(z.object({ health: z.string(), lastError: z.string() })) })
        .parse(await prometheus.ask('targets'))
      return activeTargets.length === 2 && activeTargets.every(({ health }) => health === 'up')
    })
    const evaluated = await eventually('every rule to be evaluated', async () => {
      const { groups } = z
        .object({
          groups: z.array(
            z.object({
              rules: z.array(
                z.object({ name: z.string(), health: z.string(), lastError: z.string().optional() }),
              ),
            }),
          ),
        })
        .parse(await prometheus.ask('rules'))
      const all = groups.flatMap((group) => group.rules)
      return all.every(({ health }) => health !== 'unknown') ? all : undefined
    })
    expect(evaluated.filter(({ health }) => health !== 'ok')).toEqual([])
    expect(evaluated).toHaveLength(rules.length)
  })

  test('answers every question of the dashboard', async () => {
    for (const { title, expr } of queries) {
      const query = expr.replaceAll('$__rate_interval', '1m').replaceAll('$target', '.*')
      await expect(prometheus.ask('query', { query }), title).resolves.toBeDefined()
    }
  })
})
