import fc from 'fast-check'
import { expect, test } from 'vitest'
import { createApiKey, hashApiKey, isScope, parseApiKeys, RESERVED_NAMES, SCOPES } from './api-keys.ts'

const HASH = hashApiKey('any').toString('hex')
const OTHER_HASH = hashApiKey('other').toString('hex')

test('a key that was made can be read back from its entry, and known by its hash', () => {
  const anyName = fc.stringMatching(/^[A-Za-z0-9._-]{1,64}$/).filter((name) => !RESERVED_NAMES.has(name))
  fc.assert(
    fc.property(anyName, fc.subarray([...SCOPES], { minLength: 1 }), (name, scopes) => {
      const { key, entry } = createApiKey(name, scopes)
      expect(parseApiKeys(entry)).toEqual({
        keys: [{ name, scopes: new Set(scopes), hash: hashApiKey(key) }],
        errors: [],
      })
    }),
  )
})

test('a key may be for some types: their patterns are behind its hash', () => {
  const { key, entry } = createApiKey('shop', ['publish'], ['order.*', 'customer.**'])
  expect(entry).toBe(`shop:publish:${hashApiKey(key).toString('hex')}:order.*+customer.**`)
  expect(parseApiKeys(entry).keys[0]?.types).toEqual(['order.*', 'customer.**'])
  expect(parseApiKeys(createApiKey('shop', ['publish']).entry).keys[0]?.types).toBeUndefined()
})

test.each(['', 'order.', 'order.*+', 'ord*'])('the patterns of a key may not be %j', (types) => {
  const { errors } = parseApiKeys(`shop:publish:${HASH}:${types}`)
  expect(errors).toEqual([expect.stringMatching(/^entry 1: ".*" is not a type pattern/)])
})

test.each(['anonymous', 'unknown'])('no key is called %s: callers without one are', (name) => {
  const { errors } = parseApiKeys(createApiKey(name, ['admin']).entry)
  expect(errors).toEqual([`entry 1: the name ${name} is of callers who show no key`])
})

test('an entry holds the SHA-256 of the key and not the key', () => {
  const { key, entry } = createApiKey('shop', ['publish', 'read'])
  expect(entry).toBe(`shop:publish+read:${hashApiKey(key).toString('hex')}`)
  expect(entry).not.toContain(key)
  // The example of FIPS 180-2, appendix B.1.
  expect(hashApiKey('abc').toString('hex')).toBe(
    'ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad',
  )
})

test('a key is mk_ and 256 bits, another each time', () => {
  const keys = Array.from({ length: 50 }, () => createApiKey('shop', ['publish']).key)
  expect(new Set(keys).size).toBe(50)
  for (const key of keys) {
    expect(key).toMatch(/^mk_[A-Za-z0-9_-]{43}$/)
    expect(Buffer.from(key.slice('mk_'.length), 'base64url')).toHaveLength(32)
  }
})

test.each([
  ['a space', ' '],
  ['a comma', ','],
  ['a line break', '\n'],
  ['commas and white space', ' ,\r\n\t, '],
])('entries are separated by %s', (_what, separator) => {
  const { keys, errors } = parseApiKeys(`shop:publish:${HASH}${separator}ops:admin+read:${OTHER_HASH}\n`)
  expect(errors).toEqual([])
  expect(keys.map((key) => key.name)).toEqual(['shop', 'ops'])
})

test.each(['', ' ', '\n\n', ',,'])('%j holds no entry, which is a mistake', (text) => {
  expect(parseApiKeys(text)).toEqual({ keys: [], errors: [expect.stringContaining('not one entry')] })
})

test.each([
  ['no hash', 'shop:publish'],
  ['no scope', `shop::${HASH}`],
  ['no name', `:publish:${HASH}`],
  ['a name too long', `${'a'.repeat(65)}:publish:${HASH}`],
  ['a hash too short', `shop:publish:${HASH.slice(1)}`],
  ['a hash too long', `shop:publish:${HASH}0`],
  ['a hash in upper case', `shop:publish:${HASH.toUpperCase()}`],
  ['a scope in upper case', `shop:Publish:${HASH}`],
  ['the key in place of its hash', 'shop:publish:mk_hunter2'],
])('an entry with %s is refused with its position and the form it should have', (_what, entry) => {
  const { keys, errors } = parseApiKeys(`ops:admin:${OTHER_HASH} ${entry}`)
  expect(keys.map((key) => key.name)).toEqual(['ops'])
  expect(errors).toEqual([expect.stringMatching(/^entry 2: write name:scope\+scope:sha256-hex/)])
})

test('every mistake is told at once, by position', () => {
  const entries = ['nonsense', `a:fly+swim:${HASH}`, `b:read:${OTHER_HASH}`, `b:admin:${OTHER_HASH}`]
  expect(parseApiKeys(entries.join(',')).errors).toEqual([
    expect.stringContaining('entry 1: write '),
    'entry 2: unknown scope fly, swim; known: publish, read, admin',
    'entry 4: the name b is used twice',
  ])
})

test('one key under two names is a mistake: which of them came, nobody could tell', () => {
  const { errors } = parseApiKeys(`shop:publish:${HASH} ops:admin:${OTHER_HASH} desk:admin:${HASH}`)
  expect(errors).toEqual(['entry 3: its key is that of shop: each caller has one of its own'])
})

test('a message repeats neither a hash nor what stands in its place', () => {
  const entries = [
    `a:fly:${HASH}`,
    `b:read:${OTHER_HASH}`,
    `b:read:${OTHER_HASH}`,
    `${HASH}:a:b`,
    'c:read:mk_hunter2',
    HASH,
  ]
  const { errors } = parseApiKeys(entries.join(' '))
  expect(errors).toHaveLength(5)
  expect(errors.join()).not.toContain(HASH)
  expect(errors.join()).not.toContain('hunter2')
})

test('whatever the text is, it is read as keys and mistakes, an entry each', () => {
  const piece = fc.constantFrom('shop', 'ops', ':', '+', 'publish', 'fly', HASH, ',', ' ', 'é')
  fc.assert(
    fc.property(
      fc.oneof(
        fc.string(),
        fc.array(piece).map((pieces) => pieces.join('')),
      ),
      (text) => {
        const { keys, errors } = parseApiKeys(text)
        const entries = text.split(/[\s,]+/).filter((entry) => entry !== '')
        expect(keys.length + errors.length).toBeGreaterThanOrEqual(Math.max(1, entries.length))
        expect(keys.length).toBeLessThanOrEqual(entries.length)
      },
    ),
  )
})

test('publish, read and admin are scopes, and nothing else is', () => {
  expect(SCOPES.filter(isScope)).toEqual(['publish', 'read', 'admin'])
  expect(['', 'Publish', 'write', 'toString'].filter(isScope)).toEqual([])
})
