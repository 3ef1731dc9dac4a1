/** Sources in a config: every mistake is reported with its path, beside those of the targets. */
import { expect, test } from 'vitest'
import { ConfigError, resolveConfig } from './load-config.ts'
import { secret } from './secret.ts'
import { githubSignature } from './verify/github-signature.ts'

const github = {
  path: 'github',
  verify: githubSignature(secret('MANIFOLD_TEST_UNSET')),
  toEvent: () => undefined,
}

function mistakesIn(sources: unknown, targets: unknown = []): Record<string, string> {
  try {
    resolveConfig('any', { targets, sources })
  } catch (error) {
    if (!(error instanceof ConfigError)) throw error
    return Object.fromEntries(error.errors.map(({ path, message }) => [path, message]))
  }
  return {}
}

test('a config without sources has none; one with sources has them as they are', () => {
  expect(resolveConfig('any', { targets: [] }).sources).toEqual([])
  const [source] = resolveConfig('any', { targets: [], sources: [github] }).sources
  expect(source).toEqual({ ...github, maxBodyBytes: undefined })
})

test('every mistake in every source is reported at once, beside those of the targets', () => {
  const sources = [{ path: '/github', verify: 'none', toEvent: {} }, null, { ...github, tolerance: 5 }]
  expect(Object.keys(mistakesIn(sources, [{ name: 'CRM' }])).sort()).toEqual([
    'sources[0].path',
    'sources[0].toEvent',
    'sources[0].verify',
    'sources[1]',
    'sources[2].tolerance',
    'targets[0].name',
    'targets[0].url',
  ])
})

test.each(['a', 'shop/orders', 'a/b-1/c', '0'])('%s is a path', (path) => {
  expect(mistakesIn([{ ...github, path }])).toEqual({})
})

test.each(['', '/', '/a', 'a/', 'a//b', 'a/b/c/d', 'A', 'ä', 'a b', 'a%20', '..', ':id', '*', 5, undefined])(
  '%j is no path',
  (path) => {
    expect(Object.keys(mistakesIn([{ ...github, path }]))).toEqual(['sources[0].path'])
  },
)

test('a path that is taken twice is reported where it is taken again', () => {
  expect(mistakesIn([github, { ...github, path: 'a' }, github])).toEqual({
    'sources[2].path': '"github" is taken by sources[0]',
  })
})

test('sources are a list, and a size of bodies is a whole number', () => {
  expect(Object.keys(mistakesIn(github))).toEqual(['sources'])
  for (const maxBodyBytes of [0, 1.5, '1kb', 104_857_601])
    expect(Object.keys(mistakesIn([{ ...github, maxBodyBytes }]))).toEqual(['sources[0].maxBodyBytes'])
})
