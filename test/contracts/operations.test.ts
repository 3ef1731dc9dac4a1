/** docs/operations.md says what is so: places that alerts link to, commands, settings, and how long things are kept. */
import { existsSync, readFileSync } from 'node:fs'
import { readSettings, SETTING_NAMES } from '@manifold/config'
import { CHANGE_FEED_LENGTH, IDEMPOTENCY_MS } from '@manifold/store'
import { expect, test } from 'vitest'

const at = (path: string) => new URL(`../../${path}`, import.meta.url)
const read = (path: string) => readFileSync(at(path), 'utf8')
const page = read('docs/operations.md')

/** As a heading's address is made of its words. */
const anchors = [...page.matchAll(/^## (.+)$/gm)].map(([, title]) =>
  (title ?? '')
    .toLowerCase()
    .replaceAll(/[^a-z0-9 -]/g, '')
    .replaceAll(' ', '-'),
)

const rules = read('deploy/prometheus/rules.yaml')

test('every runbook that an alert links to is there, and every place the page links to in itself', () => {
  const linked = [...page.matchAll(/\]\(#([a-z-]+)\)/g), ...rules.matchAll(/operations\.md#([a-z-]+)/g)]
  expect(linked.length).toBeGreaterThan(20)
  for (const [, anchor] of linked) expect(anchors).toContain(anchor)
  expect(anchors).toEqual(expect.arrayContaining(['rotate-a-secret', 'upgrade']))
})

test('every alert and every metric it names is one', () => {
  const metrics = read('docs/metrics.md') + read('docs/overload.md')
  for (const [alert] of page.matchAll(/\bManifold[A-Z][A-Za-z]+/g))
    expect(rules).toContain(`alert: ${alert}\n`)
  const named = [...page.matchAll(/`(manifold_[a-z_]+)(?=[`{])/g)].map(([, name]) => name ?? '')
  expect(named.length).toBeGreaterThan(5)
  for (const name of named.filter((one) => one !== 'manifold_api_keys'))
    expect(metrics).toContain(`\`${name}`)
})

test('every runbook says how it is noticed, what to do, and when it is over', () => {
  const runbooks = page.split(/^## /m).filter((section) => section.includes('**Notice.**'))
  expect(runbooks).toHaveLength(7)
  for (const runbook of runbooks)
    expect([...runbook.matchAll(/^\*\*(Notice|Look|Do|Over)\b/gm)].map(([, word]) => word)).toEqual(
      expect.arrayContaining(['Notice', 'Look', 'Do', 'Over']),
    )
})

test('every command of the page is one, with options that it has', () => {
  const commands = read('docs/command-line.md').split(/^### /m).slice(1)
  const used = [...page.matchAll(/\bmanifold ([a-z-]+(?: [a-z]+)?)((?: [^`\n#]*)?)/g)].filter(([whole]) =>
    /^manifold (targets|dead-letters|events|replays|doctor|keys|send)\b/.test(whole),
  )
  expect(used.length).toBeGreaterThan(20)
  for (const [whole, name = '', rest = ''] of used) {
    const words = name
      .split(' ')
      .slice(0, name.startsWith('doctor') ? 1 : 2)
      .join(' ')
    const command = commands.find((text) => text.startsWith(`\`manifold ${words}`))
    expect(command, whole).toBeDefined()
    for (const [option] of rest.matchAll(/--[a-z-]+/g)) expect(command, whole).toContain(option)
  }
})

test('every setting it names is one', () => {
  const named = new Set([...page.matchAll(/`(MANIFOLD_[A-Z_]+)/g)].map(([, name]) => name ?? ''))
  expect(named.size).toBeGreaterThan(5)
  for (const name of named) expect(SETTING_NAMES).toContain(name)
})

test.each(['docs/operations.md', 'deploy/README.md'])('every page that %s links to is there', (from) => {
  const own = [...read(from).matchAll(/\]\(([^)#:]+)\)/g)].map(([, path]) => path ?? '')
  expect(own.length).toBeGreaterThan(5)
  for (const path of own) expect(existsSync(new URL(path, at(from))), path).toBe(true)
})

test('what is kept how long is what the code keeps', () => {
  const { retention, removedTargetGraceMs } = readSettings({})
  const table = page.split('## What is kept how long')[1] ?? ''
  const row = (name: string) => table.split('\n').find((line) => line.includes(name)) ?? ''
  const hour = 3_600_000
  expect(row('MANIFOLD_RETENTION_SETTLED_MS')).toContain(`${String(retention.settledMs / hour)} h`)
  expect(row('MANIFOLD_RETENTION_DEAD_MS')).toContain(`${String(retention.deadMs / hour / 24)} days`)
  expect(row('MANIFOLD_REMOVED_TARGET_GRACE_MS')).toContain(`${String(removedTargetGraceMs / hour)} h`)
  expect(row('| an idempotency key')).toContain(`${String(IDEMPOTENCY_MS / hour)} h`)
  expect(row('change feed')).toContain(CHANGE_FEED_LENGTH.toLocaleString('en'))
})

test('capacity is reckoned with what the bench measured', () => {
  const benchmarks = read('docs/benchmarks.md')
  const cpu = /^\| Manifold +\|[^|]*\| ([\d.]+) *\| ([\d.]+) *\| ([\d.]+) */m.exec(
    benchmarks.split('## Delivery')[1] ?? '',
  )
  const [intake, worker, redis] = (cpu ?? []).slice(1).map((micros) => String(Math.round(Number(micros))))
  const waiting = /Redis memory for each waiting delivery[^|]*\|[^|]*\| (\d+ bytes)/.exec(benchmarks)?.[1]
  expect(page).toContain(`| ${String(waiting)} of Redis`)
  expect(page).toContain(
    `| ${String(intake)} µs of a producer, ${String(worker)} µs of a worker, ${String(redis)} µs of Redis`,
  )
})
