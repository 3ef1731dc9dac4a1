/** docs/operations.md says what is so: places that alerts link to, commands, settings, and how long things are kept. */
import { existsSync, readFileSync } from 'node:fs'
import { readSettings, resolveConfig, SETTING_NAMES } from '@manifold/config'
import { backoffDelayMs, DEFAULT_RETRY } from '@manifold/domain'
import { CHANGE_FEED_LENGTH, IDEMPOTENCY_MS } from '@manifold/store'
import { expect, test } from 'vitest'
import { readKustomization } from '../support/manifests.ts'

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
  expect(anchors).toEqual(
    expect.arrayContaining(['rotate-a-secret', 'upgrade', 'redis-is-away', 'producer-is-away']),
  )
  const elsewhere = [...read('docs/redis.md').matchAll(/operations\.md#([a-z-]+)/g)]
  for (const [, anchor] of elsewhere) expect(anchors).toContain(anchor)
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

const COMMANDS = /\b(?:manifold|at-crm) ([a-z-]+(?: [a-z]+)?)((?: [^`\n#]*)?)/g
const IS_COMMAND = /^(?:manifold|at-crm) (targets|dead-letters|events|replays|doctor|keys|send)\b/

test('every command of the page is one, with options that it has', () => {
  const commands = read('docs/command-line.md').split(/^### /m).slice(1)
  const used = [...page.matchAll(COMMANDS)].filter(([whole]) => IS_COMMAND.test(whole))
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
  // Of the compose file.
  named.delete('MANIFOLD_IMAGE')
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
  const [, kilobytes = ''] =
    /^\| a waiting delivery, when the other two are delivered +\| ([\d.]+) KB/m.exec(page) ?? []
  const backlogGb = (100 * 14_400 * Number(kilobytes)) / 1e6
  expect(page).toContain(`million deliveries × ${kilobytes} KB = **${backlogGb.toFixed(1)} GB**`)
  expect(page).toContain(
    `| ${String(intake)} µs of a producer, ${String(worker)} µs of a worker, ${String(redis)} µs of Redis`,
  )
})

const deployReadme = read('deploy/README.md')

test('the key that the runbooks are done with is made, and has the scopes that their commands need', () => {
  const [, scopes = ''] = /keys create --name operator --scopes (\S+)/.exec(deployReadme) ?? []
  const needs: Readonly<Record<string, string>> = {
    events: 'read',
    'dead-letters': 'admin',
    replays: 'admin',
    targets: 'admin',
  }
  const asking = [...page.matchAll(COMMANDS)].filter(
    ([whole]) => whole.startsWith('manifold ') && IS_COMMAND.test(whole),
  )
  const groups = new Set(asking.map(([, name = '']) => name.split(' ')[0] ?? ''))
  for (const local of ['doctor', 'keys']) groups.delete(local)
  for (const group of groups) expect(scopes.split(','), group).toContain(needs[group])
})

test('what asks a producer is given the key wherever it runs, and what asks a question a terminal', () => {
  const shells = [...page.matchAll(/^manifold\(\) \{ (.+) \}$/gm)].map(([, body]) => body ?? '')
  expect(shells).toEqual([
    'docker compose exec -e MANIFOLD_API_KEY producer node apps/cli/src/main.ts "$@";',
    'kubectl exec -it -n manifold deploy/producer -- env MANIFOLD_API_KEY="$MANIFOLD_API_KEY" node apps/cli/src/main.ts "$@";',
  ])
  // What looks from where it runs uses the config, secrets and way out of the worker.
  expect(page).toContain('at-crm targets test')
  expect(page).not.toContain('manifold targets test')
})

test('the table of attempts is what the back-off comes to', () => {
  const together = (maxAttempts: number, random: number) =>
    Array.from({ length: maxAttempts - 1 }, (_, index) =>
      backoffDelayMs(DEFAULT_RETRY, index + 1, random),
    ).reduce((sum, ms) => sum + ms, 0)
  const spoken = (ms: number) => {
    if (ms < 180_000) return `${String(Math.round(ms / 1_000))} s`
    if (ms < 7_200_000) return `${String(Math.round(ms / 60_000))} min`
    return `${String(Math.round(ms / 360_000) / 10)} h`
  }
  const lines = [...page.matchAll(/^\| (\d+) +\| (\d[\d.]* (?:s|min|h)) +\| (\d[\d.]* (?:s|min|h)) +\|$/gm)]
  expect(lines.length).toBeGreaterThan(5)
  expect(Number(lines[0]?.[1])).toBe(DEFAULT_RETRY.maxAttempts)
  for (const [, attempts, onAverage, atMost] of lines)
    expect([onAverage, atMost]).toEqual([0.5, 1].map((random) => spoken(together(Number(attempts), random))))
  const byDefault = together(DEFAULT_RETRY.maxAttempts, 1)
  expect(page).toContain(
    `waits of ${spoken(byDefault / 2)} together on average and ${spoken(byDefault)} at most`,
  )
  const [, list = ''] = /`retry: \[([\d_, ]+)\]`/.exec(page) ?? []
  const waits = list.split(', ').map((wait) => Number(wait.replaceAll('_', '')))
  const minutes = Math.floor(waits.reduce((sum, wait) => sum + wait, 0) / 60_000)
  expect(page).toContain(`${WORDS[waits.length + 1] ?? ''} attempts over ${String(minutes)} minutes`)
  const { failureRate, minimumAttempts, windowMs } = resolveConfig('a target', {
    targets: [{ name: 'crm', url: 'https://crm.example' }],
  }).targets[0]?.breaker ?? { failureRate: 0, minimumAttempts: 0, windowMs: 0 }
  expect(failureRate).toBe(0.5)
  expect(page).toContain(
    `when ${String(minimumAttempts)} attempts or more fell into ${String(windowMs / 1_000)} s, and half`,
  )
})

const WORDS: Readonly<Record<number, string>> = { 5: 'five', 6: 'six', 7: 'seven' }

test('deploy/README.md builds the image once, before anything runs it, as the manifests name it', () => {
  const builds = [...deployReadme.matchAll(/docker build -t (\S+)/g)]
  expect(builds.map(([, tag]) => tag)).toEqual(['manifold'])
  const runs = [
    ...deployReadme.matchAll(/docker (?:run --rm|tag) (\S+)/g),
    ...deployReadme.matchAll(/docker (compose) up/g),
  ]
  expect(runs.length).toBeGreaterThan(3)
  for (const { index } of runs) expect(index).toBeGreaterThan(builds[0]?.index ?? Infinity)
  for (const [, image] of deployReadme.matchAll(/docker (?:run --rm|tag) (\S+)/g))
    expect(image).toBe('manifold')
  const [image] = readKustomization('overlays/example').images ?? []
  expect(deployReadme).toContain(`docker push ${String(image?.newName)}:${String(image?.newTag)} `)
  expect(read('deploy/compose/compose.yaml')).toContain('image: ${MANIFOLD_IMAGE:-manifold:latest}')
})
