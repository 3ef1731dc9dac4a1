import { expect, test } from 'vitest'
import { DEFAULT_MANIFOLD_URL, readClientSettings } from './client-settings.ts'

test('without variables the producer on this machine is asked, without a key', () => {
  expect(readClientSettings({ MANIFOLD_URL: '' })).toEqual({
    kind: 'settings',
    url: DEFAULT_MANIFOLD_URL,
    apiKey: undefined,
  })
})

test('address and key come from the environment', () => {
  const settings = readClientSettings({ MANIFOLD_URL: 'https://m.example', MANIFOLD_API_KEY: 'mk_1' })
  expect(settings).toEqual({ kind: 'settings', url: 'https://m.example', apiKey: 'mk_1' })
})

test('a key file that cannot be read is a mistake that names the variable', () => {
  expect(readClientSettings({ MANIFOLD_API_KEY_FILE: '/nowhere/key' })).toEqual({
    kind: 'mistake',
    message: 'secret MANIFOLD_API_KEY: MANIFOLD_API_KEY_FILE cannot be read (ENOENT)',
  })
})
