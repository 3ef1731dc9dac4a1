/** A part is up quickly: what takes long to load, and is not needed to start, is not loaded. */
import { spawnSync } from 'node:child_process'
import { fileURLToPath } from 'node:url'
import { expect, test } from 'vitest'

const root = fileURLToPath(new URL('../..', import.meta.url))

/** `--help` ends the process when everything is imported, before anything is started. */
function modulesOf(...command: string[]): string[] {
  return modulesLoadedBy('apps/cli/src/main.ts', ...command, '--help')
}

function modulesLoadedBy(...words: string[]): string[] {
  const { status, stderr } = spawnSync(
    process.execPath,
    ['--import', './test/support/loaded-modules.ts', ...words],
    { cwd: root, encoding: 'utf8' },
  )
  expect(status).toBe(0)
  return stderr.trim().split('\n')
}

const worker = modulesOf('worker')

/** The packages a list of modules is from, and Node's own parts by their names. */
const named = (modules: readonly string[], name: string) =>
  modules.filter((module) => module.includes(`/node_modules/${name}/`) || module === `NativeModule ${name}`)

test('the list of modules is one: it has what a worker cannot do without', () => {
  for (const needed of ['bullmq', 'undici', 'zod', 'net'])
    expect(named(worker, needed), needed).not.toEqual([])
  expect(worker.filter((module) => module.endsWith('/apps/worker/src/worker.ts'))).toHaveLength(1)
})

test.each([
  ['jose', 'one kind of authentication needs it, with its first token'],
  ['express', 'it is for the producer and the sandbox'],
  ['pino-pretty', 'it is for "manifold dev"'],
  ['internal/deps/undici/undici', 'an import of node:http loads it: use process.getBuiltinModule'],
])('a starting worker does not load %s: %s', (name) => {
  expect(named(worker, name)).toEqual([])
})

test('a worker loads no more files than it did: each takes about half a millisecond', () => {
  const files = worker.filter((module) => module.startsWith('file:'))
  expect(files.length).toBeLessThan(890)
})

test('a starting producer loads nothing of its documents: they are made when they are asked for', () => {
  const producer = modulesLoadedBy('--eval', "import('./apps/producer/src/producer.ts')")
  const ofProducer = producer.filter((module) => module.includes('/apps/producer/src/'))
  expect(ofProducer.filter((module) => module.endsWith('/http/documents.ts'))).toHaveLength(1)
  expect(ofProducer.filter((module) => module.includes('/contract/'))).toEqual([])
})

test('a command that only asks a producer loads none of the parts: help is there at once', () => {
  for (const command of [[], ['events', 'list'], ['send']]) {
    const modules = modulesOf(...command)
    for (const name of ['zod', 'pino', 'prom-client', 'ioredis', 'bullmq', 'undici'])
      expect(named(modules, name), name).toEqual([])
    expect(modules.filter((module) => module.startsWith('file:')).length).toBeLessThan(60)
  }
})
