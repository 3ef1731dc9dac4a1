/**
 * What KEDA scales workers by grows with the backlog where more workers help, and only there: asked of Prometheus itself,
 * of series that are made up (every state of a target), and of a running Manifold (that there are such series).
 */
import { spawnSync } from 'node:child_process'
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { keys } from '@manifold/store'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { eventually } from '../support/eventually.ts'
import { readManifests } from '../support/manifests.ts'
import { prometheusProgram, startPrometheus, type PrometheusServer } from '../support/prometheus.ts'
import { startSystem, type System } from '../support/system.ts'

const INSTALL_MS = 300_000
const EVENTS = 40
/** A target is left alone by its breaker for longer than the test takes. */
const OPEN_MS = 600_000

let system: System
let prometheus: PrometheusServer
let folder: string
/** Entries of the queue that carried the events for `crm`, before anybody took one. */
let entries: number

beforeAll(async () => {
  folder = mkdtempSync(join(tmpdir(), 'manifold-scaling-'))
  system = await startSystem({
    withWorker: false,
    config: (sandboxUrl) => ({
      targets: [
        { name: 'crm', url: `${sandboxUrl}/t/crm/hang`, concurrency: 20, timeoutMs: 600_000 },
        {
          name: 'billing',
          url: `${sandboxUrl}/t/billing/status/503`,
          concurrency: 1,
          breaker: { failureRate: 0.5, minimumAttempts: 2, windowMs: 60_000, openMs: OPEN_MS },
        },
      ],
    }),
  })
  await publish('crm')
  const waitKey = `${keys.queuePrefix}:crm:wait`
  await eventually('the events to be on the queue', async () => (await system.store.redis.llen(waitKey)) > 0)
  entries = await system.store.redis.llen(waitKey)
  await system.work()
  prometheus = await startPrometheus({ ruleFiles: [], targets: [new URL(system.url).host] })
}, INSTALL_MS)

afterAll(async () => {
  await prometheus.close()
  await system.close()
  rmSync(folder, { recursive: true, force: true })
})

function queryOf(target: string): string {
  const scaled = readManifests('components/keda').find(({ metadata }) => metadata.name === `worker-${target}`)
  const { triggers } = scaled?.spec as { triggers: { metadata: { query: string } }[] }
  return triggers[0]?.metadata.query ?? ''
}

/** What KEDA would be told; `undefined` when there is no answer. */
async function answer(target: string): Promise<number | undefined> {
  const { result } = (await prometheus.ask('query', { query: queryOf(target) })) as {
    result: { value: [number, string] }[]
  }
  expect(result.length).toBeLessThan(2)
  return result[0] === undefined ? undefined : Number(result[0].value[1])
}

async function publish(target: string): Promise<void> {
  const events = Array.from({ length: EVENTS }, (_, n) => ({
    type: 'order.placed',
    data: { n },
    targets: [target],
  }))
  const response = await fetch(`${system.url}/v1/events/batch`, {
    method: 'POST',
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify(events),
  })
  expect(response.ok).toBe(true)
}

const backlog = async (target: string) =>
  (await system.store.redis.hmget(keys.backlog(target), 'waiting', 'inFlight')).map((count) =>
    Number(count ?? 0),
  )

test('a slow target with a closed breaker: every delivery that waits is counted, bundled or not', async () => {
  await eventually('attempts to be under way', async () => (await backlog('crm'))[1] === 20)
  await eventually('what waits to be told', async () => (await answer('crm')) === EVENTS - 20)
  // Why it is not the length of the queue in Redis.
  expect(entries).toBeLessThan(EVENTS / 2)
})

test('a dead target with an open breaker: what waits for it asks for no worker', async () => {
  await publish('billing')
  await eventually(
    'the breaker to open',
    async () =>
      (await prometheus
        .ask('query', {
          query: 'manifold_breaker_state{target="billing",state="open",part="producer"} == 1',
        })
        .then((data) => (data as { result: unknown[] }).result.length)) === 1,
  )
  expect((await backlog('billing'))[0]).toBeGreaterThan(0)
  expect(await answer('billing')).toBe(0)
})

const SERIES = 'manifold_queue_depth{target="crm",part="producer"'
const series = (waiting: string, inFlight: string, closed: string) => [
  { series: `${SERIES},state="waiting",instance="a"}`, values: waiting },
  { series: `${SERIES},state="waiting",instance="b"}`, values: waiting },
  { series: `${SERIES},state="in_flight",instance="a"}`, values: inFlight },
  { series: 'manifold_breaker_state{target="crm",part="producer",state="closed"}', values: closed },
]

test.each([
  ['a backlog that is worked on', series('9000x20', '50x20', '1x20'), 9_000],
  ['a moment without anything under way', series('9000x20', '50x18 0x1', '1x20'), 9_000],
  ['an open breaker', series('9000x20', '0x20', '0x20'), 0],
  ['an open breaker that lets a probe through', series('9000x20', '1x20', '0x20'), 0],
  ['a pause of two minutes and more', series('9000x20', '50x10 0x9', '1x20'), 0],
  ['nothing that waits', series('0x20', '3x20', '1x20'), 0],
  ['no producer that could be scraped', [], undefined],
])('%s', { timeout: INSTALL_MS }, (_title, inputs, expected) => {
  const file = join(folder, 'query.test.json')
  const samples = expected === undefined ? [] : [{ labels: '{}', value: expected }]
  // JSON is YAML. "9000x20" is 21 samples of the same value, 15 s apart.
  writeFileSync(
    file,
    JSON.stringify({
      tests: [
        {
          interval: '15s',
          input_series: inputs.map(({ series: name, values }) => ({
            series: name,
            values: values.replaceAll(/(\d+)x(\d+)/g, '$1+0x$2'),
          })),
          promql_expr_test: [{ expr: queryOf('crm'), eval_time: '5m', exp_samples: samples }],
        },
      ],
    }),
  )
  const { status, stdout, stderr } = spawnSync(prometheusProgram('promtool'), ['test', 'rules', file], {
    encoding: 'utf8',
  })
  expect(status, stdout + stderr).toBe(0)
})
