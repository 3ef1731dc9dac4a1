import { createApiKey, readSettings, type Scope } from '@manifold/config'
import { expect, test } from 'vitest'
import { containing } from '../../../../test/support/matching.ts'
import { checkKeys, checkNode } from './check-here.ts'

test.each([
  ['20.19.0', 'broken'],
  ['22.18.9', 'broken'],
  ['22.19.0', 'warning'],
  ['23.1.0', 'warning'],
  ['24.0.0', 'ok'],
  ['26.10.0', 'ok'],
])('Node %s is %s', (version, level) => {
  const finding = checkNode(version)
  expect(finding).toMatchObject({ about: 'Node', level, message: containing(version) })
  if (level !== 'ok') expect(finding.fix).toMatch(/26/)
})

const keyWith = (...scopes: Scope[]) => createApiKey('shop', scopes).entry

test.each([
  ['one that may administer', { MANIFOLD_API_KEYS: keyWith('admin') }, 'ok', '1 of them for administration'],
  [
    'none that may',
    { MANIFOLD_API_KEYS: keyWith('publish', 'read') },
    'warning',
    'none with the scope admin',
  ],
  ['no key, on loopback', {}, 'ok', 'whoever is on this machine may do everything'],
  ['no key, for everybody', { HOST: '0.0.0.0' }, 'broken', 'the producer does not start'],
  [
    'tokens in place of keys',
    {
      HOST: '0.0.0.0',
      MANIFOLD_JWT_JWKS_URL: 'https://login.example/jwks',
      MANIFOLD_JWT_ISSUER: 'https://login.example',
      MANIFOLD_JWT_AUDIENCE: 'manifold',
    },
    'ok',
    'with a token',
  ],
])('of API keys, %s: %o is %s', (_what, environment, level, message) => {
  expect(checkKeys(readSettings(environment))).toEqual([
    expect.objectContaining({ about: 'API keys', level, message: containing(message) }),
  ])
})
