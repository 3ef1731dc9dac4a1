/** No example rots: all pass the type check and load, and those of these pages are good configs. */
import { execFileSync } from 'node:child_process'
import { mkdtempSync, readFileSync, rmSync, symlinkSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath, pathToFileURL } from 'node:url'
import { resolveConfig } from '@manifold/config'
import { afterAll, beforeAll, expect, test } from 'vitest'

const root = fileURLToPath(new URL('../..', import.meta.url))
const PAGES = ['docs/targets.md', 'docs/sources.md', 'docs/callbacks.md', 'docs/alerts.md']
const blocks = PAGES.flatMap(examplesOf)
const clientBlocks = examplesOf('packages/client/README.md')
let folder: string

beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), 'manifold-examples-'))
  symlinkSync(join(root, 'node_modules'), join(folder, 'node_modules'))
  writeFileSync(join(folder, 'package.json'), '{ "type": "module" }')
  writeFileSync(
    join(folder, 'tsconfig.json'),
    JSON.stringify({ extends: join(root, 'tsconfig.json'), include: ['*.ts'], exclude: [] }),
  )
  for (const [index, block] of blocks.entries())
    writeFileSync(join(folder, `example-${String(index)}.ts`), block)
  for (const [index, block] of clientBlocks.entries())
    writeFileSync(join(folder, `client-${String(index)}.ts`), block)
})

afterAll(() => {
  rmSync(folder, { recursive: true, force: true })
})

function examplesOf(page: string): string[] {
  return [...readFileSync(join(root, page), 'utf8').matchAll(/```ts\n(.*?)```/gs)].map(
    (match) => match[1] ?? '',
  )
}

async function exportsOf(index: number): Promise<Record<string, unknown>> {
  return (await import(pathToFileURL(join(folder, `example-${String(index)}.ts`)).href)) as Record<
    string,
    unknown
  >
}

/** Everything an example gives, by what it looks like. */
async function everyExport(): Promise<[string, unknown][]> {
  return (await Promise.all(blocks.map((_block, index) => exportsOf(index)))).flatMap((one) =>
    Object.entries(one),
  )
}

test('every example passes the type check', () => {
  const tsc = join(root, 'node_modules/.bin/tsc')
  expect(() => execFileSync(tsc, ['-p', folder], { encoding: 'utf8', stdio: 'pipe' })).not.toThrow()
}, 60_000)

test("every example of the client's page loads, and gives functions to call", async () => {
  expect(clientBlocks.length).toBeGreaterThanOrEqual(6)
  for (const index of clientBlocks.keys()) {
    const loaded = (await import(pathToFileURL(join(folder, `client-${String(index)}.ts`)).href)) as object
    expect(Object.values(loaded).some((value) => typeof value === 'function')).toBe(true)
  }
})

test('every target of the examples is a target without a mistake', async () => {
  const targets = (await everyExport())
    .map(([, value]) => value)
    .filter((value) => typeof value === 'object' && value !== null && 'name' in value)
  expect(targets.length).toBeGreaterThanOrEqual(3)
  expect(() => resolveConfig('examples', { targets })).not.toThrow()
})

test('every group of settings of the examples is one that a target takes', async () => {
  const base = { name: 'one', url: 'https://one.example' }
  const found = Object.fromEntries(await everyExport())
  expect(() => resolveConfig('pace', { targets: [{ ...base, ...(found['pace'] as object) }] })).not.toThrow()
  for (const name of ['backoff', 'schedule']) {
    expect(() => resolveConfig(name, { targets: [{ ...base, ...(found[name] as object) }] })).not.toThrow()
  }
  expect(() => resolveConfig('breaker', { targets: [{ ...base, breaker: found['breaker'] }] })).not.toThrow()
})

test('every config of the examples is one without a mistake', async () => {
  const configs = (await everyExport()).flatMap(([name, value]) => (name === 'default' ? [value] : []))
  expect(configs.length).toBeGreaterThanOrEqual(1)
  for (const config of configs) expect(() => resolveConfig('examples', config)).not.toThrow()
})

test('every source of the examples is a source without a mistake', async () => {
  const sources = (await everyExport())
    .map(([, value]) => value)
    .filter((value) => typeof value === 'object' && value !== null && 'path' in value)
  expect(sources.length).toBeGreaterThanOrEqual(1)
  expect(() => resolveConfig('examples', { targets: [], sources })).not.toThrow()
})

/** The modules of a folder of packages/config that its users get. */
const builders = (folder: string) =>
  readFileSync(join(root, 'packages/config/src/index.ts'), 'utf8')
    .split('\n')
    .flatMap((line) => new RegExp(`'\\./${folder}/(.+)\\.ts'`).exec(line)?.[1] ?? [])

test.each([
  ['auth', 'kinds'],
  ['verify', 'verifiers'],
])('every kind of %s there is has an example', async (folder, name) => {
  const examples = Object.fromEntries(await everyExport())[name] as { kind: string }[]
  expect([...new Set(examples.map(({ kind }) => kind))].sort()).toEqual(builders(folder).toSorted())
})

test("the example's judgement gives every outcome", async () => {
  const { classify } = Object.fromEntries(await everyExport()) as {
    classify: (response: object) => { kind: string } | undefined
  }
  const answer = { status: 200, headers: {}, text: '', truncated: false, json: undefined }
  const kinds = [
    classify({ ...answer, status: 409 }),
    classify({ ...answer, json: { error: 'busy' } }),
    classify({ ...answer, json: { error: 'no' } }),
    classify({ ...answer, headers: { 'x-wait-seconds': '2' } }),
    classify(answer),
  ]
  expect(kinds.map((outcome) => outcome?.kind)).toEqual([
    'delivered',
    'retryable',
    'permanent',
    'throttled',
    undefined,
  ])
})
