/** The catalogue of failpoints and the code agree: every point is passed somewhere, and each at no cost when it is off. */
import { readFileSync, readdirSync } from 'node:fs'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { FAILPOINTS } from '@manifold/runtime'
import { scriptCalls } from '@manifold/store'
import { expect, test } from 'vitest'
import { POINTS } from '../../faults/scenarios/points.ts'

const root = fileURLToPath(new URL('../..', import.meta.url))

const sources = ['apps', 'packages'].flatMap((folder) =>
  readdirSync(join(root, folder), { recursive: true, encoding: 'utf8' })
    .filter((file) => file.endsWith('.ts') && !file.endsWith('.test.ts') && !file.includes('node_modules'))
    .map((file) => ({ file: join(folder, file), text: readFileSync(join(root, folder, file), 'utf8') })),
)

/** What a function is called with, as it is written, wherever it is called. */
function argumentsOf(name: string): string[] {
  return sources.flatMap(({ text }) =>
    [...text.matchAll(new RegExp(`(?<!function )\\b${name}\\(([^)]*)\\)`, 'g'))].map(
      (match) => match[1] ?? '',
    ),
  )
}

test('every point of the catalogue is passed somewhere, and none that is not in it', () => {
  const passed = argumentsOf('failpoint')
  expect(new Set(passed)).toEqual(new Set(Object.keys(FAILPOINTS).map((name) => `'${name}'`)))
})

test('a point is named by a constant: nothing is put together in passing', () => {
  for (const argument of argumentsOf('failpoint')) expect(argument).toMatch(/^'[a-z]+'$/)
  expect(argumentsOf('passPoint')).toEqual(['script.points.before', 'script.points.after'])
})

test('every script is loaded, and so gives its two points', () => {
  const loaded = argumentsOf('loadScript').filter((argument) => argument.startsWith("'"))
  expect(loaded.toSorted()).toEqual(scriptCalls.names().map((name) => `'${name}'`))
})

test('a script is called past its points by nobody', () => {
  const callers = sources.filter(({ text }) =>
    /['"](EVAL|EVALSHA|FCALL)['"]|\.(eval|evalsha|fcall)\(/.test(text),
  )
  expect(callers.map(({ file }) => file)).toEqual(['packages/store/src/script.ts'])
})

test('only the processes of the parts can be armed', () => {
  const arming = sources.filter(({ text }) => /\barmFailpoint\(settings/.test(text))
  expect(arming.map(({ file }) => file).toSorted()).toEqual([
    'apps/producer/src/main.ts',
    'apps/worker/src/main.ts',
  ])
})

test('the fault suite strikes at every point there is', () => {
  const scripts = scriptCalls.names().flatMap((name) => [`before:${name}`, `after:${name}`])
  const all = [...Object.keys(FAILPOINTS), ...scripts]
  expect([...new Set(POINTS.map(({ name }) => name))].toSorted()).toEqual(all.toSorted())
})
