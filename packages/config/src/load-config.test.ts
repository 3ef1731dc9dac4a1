import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { z } from 'zod'
import { bearer } from './auth/bearer.ts'
import { ConfigError, loadConfig, resolveConfig } from './load-config.ts'
import { secret } from './secret.ts'

const crm = { name: 'crm', url: 'https://crm.example/orders' }

/** What is wrong with a definition: path to message. */
function mistakesIn(definition: unknown): Record<string, string> {
  try {
    resolveConfig('manifold.config.ts', definition)
  } catch (error) {
    if (!(error instanceof ConfigError)) throw error
    return Object.fromEntries(error.errors.map(({ path, message }) => [path, message]))
  }
  return {}
}

test('the catalogue keeps its schemas under their types', () => {
  const schema = z.object({ orderId: z.string() })
  expect(resolveConfig('any', { events: { 'order.placed': schema }, targets: [] }).events).toEqual(
    new Map([['order.placed', schema]]),
  )
})

test('a secret that is not set is no mistake in a config: only the process that sends needs it', () => {
  const target = { ...crm, auth: bearer(secret('MANIFOLD_TEST_UNSET')) }
  expect(mistakesIn({ targets: [target] })).toEqual({})
})

test('every mistake in every target is reported at once, each with its path', () => {
  const definition = {
    events: { 'order.placed': { orderId: 'string' } },
    target: [],
    targets: [
      { name: 'CRM', url: 'crm.example', retyr: {} },
      null,
      { ...crm, retry: { maxAttempts: 0, maxDelay: 1 }, breaker: { failureRate: 2 } },
      {
        ...crm,
        filter: 'total > 0',
        auth: 'Bearer abc',
        rateLimit: { max: 1 },
        subscribe: ['order.*', 'order.'],
      },
    ],
  }
  expect(Object.keys(mistakesIn(definition)).sort()).toEqual([
    'events.order.placed',
    'target',
    'targets[0].name',
    'targets[0].retyr',
    'targets[0].url',
    'targets[1]',
    'targets[2].breaker.failureRate',
    'targets[2].retry.maxAttempts',
    'targets[2].retry.maxDelay',
    'targets[3].auth',
    'targets[3].filter',
    'targets[3].name',
    'targets[3].rateLimit.perMs',
    'targets[3].subscribe[1]',
  ])
})

test('names that are no text are wrong in themselves, not for being alike', () => {
  const mistakes = mistakesIn({ targets: [{ ...crm, name: 5 }, { ...crm, name: 5 }, {}, {}] })
  expect(Object.keys(mistakes).filter((path) => path.endsWith('.name'))).toHaveLength(4)
  expect(JSON.stringify(mistakes)).not.toContain('is taken by')
})

test('a config has at most a thousand targets', () => {
  const targets = Array.from({ length: 1_001 }, (_, index) => ({ ...crm, name: `t${String(index)}` }))
  expect(mistakesIn({ targets: targets.slice(1) })).toEqual({})
  expect(Object.keys(mistakesIn({ targets }))).toEqual(['targets'])
})

test('the message lists every mistake, a line each, under the path of the file', () => {
  const definition = { targets: [{ ...crm, retyr: 1, timeout: 1 }] }
  expect(() => resolveConfig('/etc/manifold.config.ts', definition)).toThrow(
    '/etc/manifold.config.ts has 2 mistakes:\n' +
      '  targets[0].retyr: unknown field\n' +
      '  targets[0].timeout: unknown field',
  )
  expect(() => resolveConfig('any', { targets: [], x: 1 })).toThrow('any has 1 mistake:\n  x: unknown field')
})

test('a name that is taken twice is reported where it is taken again, with where it was taken first', () => {
  const names = ['crm', 'email', 'crm', 'crm']
  const targets = names.map((name) => ({ ...crm, name }))
  expect(mistakesIn({ targets })).toEqual({
    'targets[2].name': '"crm" is taken by targets[0]',
    'targets[3].name': '"crm" is taken by targets[0]',
  })
})

test('credentials in the URL of any target are refused and not repeated', () => {
  const mistakes = mistakesIn({
    targets: [crm, { ...crm, name: 'b', url: 'https://user:hunter2@b.example' }],
  })
  expect(Object.keys(mistakes)).toEqual(['targets[1].url'])
  expect(JSON.stringify(mistakes)).not.toContain('hunter2')
})

test.each([undefined, null, 5, 'targets', () => ({ targets: [] })])(
  'a file whose default export is %s must export a config',
  (definition) => {
    expect(mistakesIn(definition)).toEqual({ '(root)': 'must `export default defineConfig({ … })`' })
  },
)

test.each([{}, { targets: crm }, { targets: null }])('%j has no list of targets', (definition) => {
  expect(Object.keys(mistakesIn(definition))).toEqual(['targets'])
})

test('a header that cannot be sent is reported with its own path', () => {
  const targets = [{ ...crm, headers: { x: 'a\nb' } }]
  expect(Object.keys(mistakesIn({ targets }))).toEqual(['targets[0].headers.x'])
})

test('a function target stands beside the others', () => {
  const targets = [crm, { name: 'mail', handle: () => undefined }]
  expect(resolveConfig('any', { targets }).targets.map(({ kind }) => kind)).toEqual(['http', 'function'])
})

describe('loading a file', () => {
  let directory = ''
  beforeAll(() => {
    directory = mkdtempSync(join(tmpdir(), 'manifold-config-'))
  })
  afterAll(() => {
    rmSync(directory, { recursive: true })
  })
  const fileWith = (name: string, source: string): string => {
    const path = join(directory, name)
    writeFileSync(path, source)
    return path
  }

  test('gives what it exports, and where it was read from', async () => {
    const path = fileWith('good.ts', `export default { targets: [${JSON.stringify(crm)}] as object[] }`)
    const config = await loadConfig(path)
    expect(config.path).toBe(path)
    expect(config.targets.map((target) => target.name)).toEqual(['crm'])
  })

  test('that is not there says how to name another', async () => {
    await expect(loadConfig(join(directory, 'none.ts'))).rejects.toThrow(
      /none\.ts has 1 mistake:\n {2}\(file\): does not exist: .* MANIFOLD_CONFIG/,
    )
  })

  test('that throws says what it threw', async () => {
    const path = fileWith('throws.ts', `throw new Error('no such luck')`)
    await expect(loadConfig(path)).rejects.toThrow('(file): cannot be loaded: no such luck')
    await expect(loadConfig(path)).rejects.toBeInstanceOf(ConfigError)
  })

  test('that exports nothing by default says what it must export', async () => {
    const path = fileWith('named.ts', `export const config = { targets: [] }`)
    await expect(loadConfig(path)).rejects.toThrow('(root): must `export default defineConfig({ … })`')
  })
})
