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

describe('what JSON.parse quotes of a text that it cannot read is hidden, as a piece of a secret is not known', () => {
  const messageOf = (text: string): string => {
    try {
      return String(JSON.parse(text))
    } catch (error) {
      return error instanceof Error ? error.message : ''
    }
  }

  test.each([
    ['the beginning', 'a-very-secret-value-8842-and-more'],
    ['the middle', '["a-very-very-secret-value-8842", x8842-and-much-more-that-follows]'],
    ['the end', '["a-very-very-secret-value-and-more", x8842]'],
    ['the whole', 'k-8842"'],
  ])('%s of it, also in a line of the log', (_which, text) => {
    const message = messageOf(text)
    expect(message).toContain('is not valid JSON')
    expect(hideRevealedSecrets(`cannot be loaded: ${message}`)).toMatch(
      /^cannot be loaded: Unexpected token '.', \[secret\] is not valid JSON$/,
    )
    const line = JSON.stringify({ err: { message, stack: `SyntaxError: ${message}\n  at` }, msg: 'failed' })
    const hidden = JSON.parse(hideRevealedSecrets(line)) as { err: { message: string; stack: string } }
    for (const told of [hidden.err.message, hidden.err.stack]) {
      expect(told).toContain('[secret] is not valid JSON')
      expect(told).not.toMatch(/8842|secret-/)
    }
  })
})
