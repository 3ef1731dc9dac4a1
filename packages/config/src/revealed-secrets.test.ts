import { describe, expect, test } from 'vitest'
import { secretOf } from '../../../test/support/auth-request.ts'
import { hideRevealedSecrets } from './revealed-secrets.ts'

describe('what a secret gave away', () => {
  test('is hidden from then on, and what stands around it is not', () => {
    secretOf('tok-8842-x', 'REVEALED_TOKEN').reveal()
    expect(hideRevealedSecrets('401: "tok-8842-x" is not known')).toBe('401: "[secret]" is not known')
  })

  test('is hidden in a URL, in JSON, in JSON in JSON, in base64 and in hex', () => {
    const value = 'p/ss "wörd"+8842'
    secretOf(value, 'REVEALED_PASSWORD').reveal()
    const forms = [
      encodeURIComponent(value),
      new URLSearchParams({ key: value }).toString(),
      JSON.stringify({ value }),
      JSON.stringify({ msg: JSON.stringify({ value }) }),
      Buffer.from(value).toString('base64'),
      Buffer.from(value).toString('base64url'),
      Buffer.from(value).toString('hex'),
    ]
    for (const form of forms) {
      const hidden = hideRevealedSecrets(`before ${form} behind`)
      expect(hidden, form).toMatch(/^before .*\[secret\].* behind$/)
      expect(hidden, form).not.toMatch(/8842|w.{0,6}rd/)
    }
  })

  test('a webhook secret is hidden without its prefix, and a key line by line', () => {
    secretOf('whsec_c2VjcmV0LTg4NDItYWJj', 'REVEALED_WEBHOOK').reveal()
    expect(hideRevealedSecrets('c2VjcmV0LTg4NDItYWJj')).toBe('[secret]')
    const key = '-----BEGIN PRIVATE KEY-----\nMIIBVAIBADANBgkqhkiG9w0B\n-----END PRIVATE KEY-----\n'
    secretOf(key, 'REVEALED_KEY').reveal()
    expect(hideRevealedSecrets('-----BEGIN PRIVATE KEY-----, MIIBVAIBADANBgkqhkiG9w0B')).toBe(
      '-----BEGIN PRIVATE KEY-----, [secret]',
    )
  })

  test('nothing is hidden for a value of a few letters: it stands everywhere', () => {
    secretOf('ab', 'REVEALED_SHORT').reveal()
    expect(hideRevealedSecrets('abc')).toBe('abc')
  })
})
