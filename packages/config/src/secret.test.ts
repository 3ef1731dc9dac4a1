import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { format, inspect } from 'node:util'
import { afterAll, afterEach, beforeAll, describe, expect, test, vi } from 'vitest'
import { missingSecrets, readSecret, secret, type Secret } from './secret.ts'

let directory = ''
beforeAll(() => {
  directory = mkdtempSync(join(tmpdir(), 'manifold-secret-'))
})
afterAll(() => {
  rmSync(directory, { recursive: true })
})
afterEach(() => {
  vi.unstubAllEnvs()
})

function fileWith(name: string, content: string): string {
  const path = join(directory, name)
  writeFileSync(path, content)
  return path
}

describe('a secret', () => {
  test('gives its value when asked to reveal it', () => {
    vi.stubEnv('CRM_TOKEN', 'hunter2')
    expect(secret('CRM_TOKEN').reveal()).toBe('hunter2')
  })

  test('is read when it is first needed, not when it is named', () => {
    const token = secret('CRM_TOKEN')
    vi.stubEnv('CRM_TOKEN', 'hunter2')
    expect(token.reveal()).toBe('hunter2')
  })

  test('comes from the file that NAME_FILE names', () => {
    vi.stubEnv('CRM_TOKEN', undefined)
    vi.stubEnv('CRM_TOKEN_FILE', fileWith('token', 'hunter2\n'))
    expect(secret('CRM_TOKEN').reveal()).toBe('hunter2')
  })

  test('that is missing says where it could be set', () => {
    vi.stubEnv('CRM_TOKEN', undefined)
    vi.stubEnv('CRM_TOKEN_FILE', undefined)
    expect(() => secret('CRM_TOKEN').reveal()).toThrow('secret CRM_TOKEN: set CRM_TOKEN or CRM_TOKEN_FILE')
  })

  test.each(['', '\n', '\r\n'])('in a file that holds %j is missing, and says where', (content) => {
    vi.stubEnv('CRM_TOKEN', undefined)
    vi.stubEnv('CRM_TOKEN_FILE', fileWith('empty', content))
    expect(() => secret('CRM_TOKEN').reveal()).toThrow('secret CRM_TOKEN: CRM_TOKEN_FILE is empty')
  })

  const ways: [string, (value: Secret) => string][] = [
    ['as a text', (value) => String(value)],
    ['in a list of texts', (value) => ['token', value].join(' ')],
    ['as JSON', (value) => JSON.stringify({ value })],
    ['inspected', (value) => inspect({ value })],
    ['inspected with all that is hidden', (value) => inspect({ value }, { showHidden: true, depth: null })],
    ['printed with %s', (value) => format('%s', value)],
    ['printed with %o', (value) => format('%o', value)],
    ['printed with %O', (value) => format('%O', value)],
    ['printed with %j', (value) => format('%j', value)],
  ]
  test.each(ways)('%s is [secret], before and after it is revealed', (_way, show) => {
    vi.stubEnv('CRM_TOKEN', 'hunter2')
    const token = secret('CRM_TOKEN')
    expect(show(token)).toContain('[secret]')
    token.reveal()
    expect(show(token)).toContain('[secret]')
    expect(show(token)).not.toContain('hunter2')
  })

  test('has no property, own or hidden, that holds its value', () => {
    vi.stubEnv('CRM_TOKEN', 'hunter2')
    const token = secret('CRM_TOKEN')
    token.reveal()
    const values = Reflect.ownKeys(token).map((key): unknown => Reflect.get(token, key))
    expect(values).toEqual(['CRM_TOKEN'])
  })
})

describe('reading a secret', () => {
  test('the variable goes before the file', () => {
    const file = fileWith('both', 'from the file')
    expect(readSecret('TOKEN', { TOKEN: 'from the variable', TOKEN_FILE: file })).toEqual({
      kind: 'found',
      value: 'from the variable',
    })
  })

  test('an empty variable counts as unset', () => {
    const file = fileWith('fallback', 'from the file')
    expect(readSecret('TOKEN', { TOKEN: '', TOKEN_FILE: file })).toEqual({
      kind: 'found',
      value: 'from the file',
    })
    expect(readSecret('TOKEN', { TOKEN: '', TOKEN_FILE: '' })).toEqual({
      kind: 'missing',
      message: 'secret TOKEN: set TOKEN or TOKEN_FILE',
    })
  })

  test.each([
    ['hunter2\n', 'hunter2'],
    ['hunter2\r\n', 'hunter2'],
    ['hunter2', 'hunter2'],
    [' hunter 2 ', ' hunter 2 '],
    ['line 1\nline 2\n', 'line 1\nline 2'],
    ['pässwörd €\n', 'pässwörd €'],
  ])('of a file that holds %j the secret is %j', (content, value) => {
    expect(readSecret('TOKEN', { TOKEN_FILE: fileWith('content', content) })).toEqual({
      kind: 'found',
      value,
    })
  })

  test('a file that is not there is named by its variable, with the reason', () => {
    expect(readSecret('TOKEN', { TOKEN_FILE: join(directory, 'nowhere') })).toEqual({
      kind: 'missing',
      message: 'secret TOKEN: TOKEN_FILE cannot be read (ENOENT)',
    })
  })

  test('a directory is not a secret', () => {
    expect(readSecret('TOKEN', { TOKEN_FILE: directory })).toEqual({
      kind: 'missing',
      message: 'secret TOKEN: TOKEN_FILE cannot be read (EISDIR)',
    })
  })

  test('a variable that was put in place of a file name is not repeated', () => {
    expect(JSON.stringify(readSecret('TOKEN', { TOKEN_FILE: 'hunter2' }))).not.toContain('hunter2')
  })
})

test('every missing secret is named at once, and none that is there', () => {
  vi.stubEnv('TOKEN_A', undefined)
  vi.stubEnv('TOKEN_B', 'hunter2')
  vi.stubEnv('TOKEN_C', undefined)
  vi.stubEnv('TOKEN_C_FILE', join(directory, 'nowhere'))
  expect(missingSecrets([secret('TOKEN_A'), secret('TOKEN_B'), secret('TOKEN_C')])).toEqual([
    'secret TOKEN_A: set TOKEN_A or TOKEN_A_FILE',
    'secret TOKEN_C: TOKEN_C_FILE cannot be read (ENOENT)',
  ])
})
