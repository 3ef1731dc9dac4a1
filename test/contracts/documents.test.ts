/** The documents say what the code does: where the two can be compared, they are. */
import { readFileSync, readdirSync } from 'node:fs'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { SETTING_NAMES, TRACING_SETTING_NAMES } from '@manifold/config'
import { DEAD_REASONS, OPERATIONAL_TYPES, PROBLEMS } from '@manifold/domain'
import { expect, test } from 'vitest'

const root = fileURLToPath(new URL('../..', import.meta.url))
const read = (file: string) => readFileSync(join(root, file), 'utf8')

/** Cells of every table row whose first cell is a code word. */
function rows(text: string): string[][] {
  return text
    .split('\n')
    .filter((line) => line.startsWith('| `'))
    .map((line) =>
      line
        .split('|')
        .slice(1, -1)
        .map((cell) => cell.trim()),
    )
}

const words = (cell: string | undefined) =>
  [...(cell ?? '').matchAll(/`([^`]+)`/g)].map((match) => match[1] ?? '')

test('docs/errors.md lists exactly the codes of the catalogue, each with its status, title and fix', () => {
  const documented = rows(read('docs/errors.md').split('## When a part')[0] ?? '')
  expect(documented).toEqual(
    Object.entries(PROBLEMS).map(([code, { status, title, fix }]) => [
      `\`${code}\``,
      String(status),
      title,
      fix,
    ]),
  )
})

test('every code of the catalogue is sent somewhere, and only those', () => {
  const sources = sourceFiles('apps/producer/src').map(read).join('\n')
  const sent = [...sources.matchAll(/(?:sendProblem\(\s*response,|\bproblem\()\s*([^,)]+)/g)].flatMap(
    (match) => [...(match[1] ?? '').matchAll(/'([a-z0-9-]+)'/g)].map((code) => code[1]),
  )
  expect([...new Set(sent)].sort()).toEqual(Object.keys(PROBLEMS).sort())
})

test("the README's settings table lists exactly the variables that are read", () => {
  const table = read('README.md').split('## Settings')[1]?.split('\n## ')[0] ?? ''
  const names = rows(table).map((cells) => words(cells[0])[0])
  expect(names.toSorted()).toEqual([...SETTING_NAMES].sort())
})

test('docs/tracing.md lists exactly the variables of traces that are read', () => {
  const names = rows(read('docs/tracing.md').split('## Settings')[1] ?? '').map((cells) => words(cells[0])[0])
  expect(names).toEqual(TRACING_SETTING_NAMES)
})

test('docs/tracing.md names every attribute of our own that a span may have', () => {
  const own = sourceFiles('packages/tracing/src/otel').flatMap((file) => [
    ...read(file).matchAll(/'(manifold\.[a-z_]+)'/g),
  ])
  const documented = [...read('docs/tracing.md').matchAll(/`(manifold\.[a-z_]+)`/g)]
  const names = (matches: RegExpExecArray[]) => [...new Set(matches.map(([, name]) => name))].sort()
  expect(names(own)).toEqual(names(documented))
  expect(names(own)).toContain('manifold.attempt')
})

test("the README's table of dead-letter reasons lists exactly the reasons there are", () => {
  const section = read('README.md').split('## Dead letters and replay')[1]?.split('\n## ')[0] ?? ''
  expect(
    rows(section)
      .flatMap((cells) => words(cells[0]))
      .sort(),
  ).toEqual([...DEAD_REASONS].sort())
})

test("the README's two commands are scripts, and its files are there", () => {
  const readme = read('README.md')
  const scripts = Object.keys((JSON.parse(read('package.json')) as { scripts: object }).scripts)
  expect(readme).toContain('npm ci && npm start')
  expect(readme).toContain('npm ci && npm test')
  for (const [, name = ''] of readme.matchAll(/npm run (?:--silent )?([a-z:]+)/g))
    expect(scripts).toContain(name)
  for (const [, file = ''] of readme.matchAll(/\]\(([^)#h][^)#]*)[)#]/g))
    expect(() => readFileOrFolder(file)).not.toThrow()
})

test('docs/alerts.md lists every operational event, when it is told and with what data', () => {
  const [told, data] = read('docs/alerts.md').split('\n## Data')
  for (const part of [told, data?.split('\n## ')[0]])
    expect(rows(part ?? '').map((cells) => words(cells[0])[0])).toEqual([...OPERATIONAL_TYPES])
})

test('every script opens with its keys, arguments and returns', () => {
  const scripts = readdirSync(join(root, 'packages/store/src/lua')).filter((file) => file.endsWith('.lua'))
  expect(scripts.length).toBeGreaterThan(5)
  for (const script of scripts) {
    const header = read(`packages/store/src/lua/${script}`).split(']]')[0] ?? ''
    for (const part of ['--[[', '  Keys\n', '  Arguments\n', '  Returns\n', '  Guarantees\n'])
      expect(header, script).toContain(part)
  }
})

test('every decision is in the index, and says its context, decision and consequences', () => {
  const index = read('docs/adr/README.md')
  for (const file of readdirSync(join(root, 'docs/adr')).filter((name) => /^\d/.test(name))) {
    expect(index).toContain(`(${file})`)
    for (const part of ['**Context.**', '**Decision.**', '**Consequences.**']) {
      expect(read(`docs/adr/${file}`), file).toContain(part)
    }
  }
})

test('the environment is read in packages/config alone', () => {
  const offenders = ['apps', 'packages', 'targets', 'bench']
    .flatMap(sourceFiles)
    .filter((file) => !file.startsWith('packages/config/') && read(file).includes('process.env'))
  expect(offenders).toEqual([])
})

function sourceFiles(folder: string): string[] {
  return readdirSync(join(root, folder), { recursive: true, encoding: 'utf8' })
    .map((file) => join(folder, file))
    .filter((file) => file.endsWith('.ts') && !file.endsWith('.test.ts') && !file.includes('node_modules'))
}

function readFileOrFolder(path: string): unknown {
  return /\.\w+$/.test(path) || path === 'LICENSE' ? read(path) : readdirSync(join(root, path))
}
