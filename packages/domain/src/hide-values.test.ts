import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { hideValues } from './hide-values.ts'

const SECRET = 'p/ss&w"örd+<8842>\'\\=\n𝄞'

/** How others than JavaScript escape JSON. */
const escapeAll = (text: string, which: RegExp, upperCase = false): string =>
  JSON.stringify(text)
    .slice(1, -1)
    .replace(which, (character) =>
      Array.from({ length: character.length }, (_, unit) => {
        const hex = character.charCodeAt(unit).toString(16).padStart(4, '0')
        return `\\u${upperCase ? hex.toUpperCase() : hex}`
      }).join(''),
    )

// eslint-disable-next-line no-control-regex
const NOT_ASCII = /[^\u0000-\u007f]/g

const WRITERS: readonly (readonly [string, (value: string) => string])[] = [
  ['as it is', (value) => value],
  ['by JavaScript', (value) => escapeAll(value, /(?!)/g)],
  ['by PHP', (value) => escapeAll(value, NOT_ASCII).replaceAll('/', '\\/')],
  ['by Python', (value) => escapeAll(value, NOT_ASCII)],
  ['by Go', (value) => escapeAll(value, /[&<>]/g)],
  ['by Java', (value) => escapeAll(value, /[&<>='/]/g)],
  ['by .NET', (value) => escapeAll(value, /[^ -~]|[&<>'+]/g, true)],
  ['as JSON in JSON', (value) => escapeAll(escapeAll(value, NOT_ASCII), /(?!)/g)],
  [
    'in HTML',
    (value) =>
      value
        .replaceAll('&', '&amp;')
        .replaceAll('<', '&lt;')
        .replaceAll('>', '&gt;')
        .replaceAll('"', '&quot;')
        .replaceAll("'", '&#39;'),
  ],
  [
    'in HTML by numbers',
    (value) => value.replace(/[^\w .-]/gu, (one) => `&#x${(one.codePointAt(0) ?? 0).toString(16)};`),
  ],
  ['in a URL', encodeURIComponent],
  ['in base64', (value) => Buffer.from(value).toString('base64')],
  ['in base64 by PHP', (value) => Buffer.from(value).toString('base64').replaceAll('/', '\\/')],
  ['in base64url', (value) => Buffer.from(value).toString('base64url')],
  ['in hex', (value) => Buffer.from(value).toString('hex')],
]

describe('a value is hidden', () => {
  test.each(WRITERS)('wherever it stands, written %s, and nothing around it is', (_how, write) => {
    expect(hideValues([SECRET])(`<${write(SECRET)}>`)).toBe('<[secret]>')
  })

  test('also where what another would undo is a part of it', () => {
    const value = 'a\\nb&amp;<c>/ö'
    for (const [how, write] of WRITERS) expect(hideValues([value])(write(value)), how).toBe('[secret]')
  })

  test('whatever it is made of', () => {
    fc.assert(
      fc.property(fc.string({ unit: 'grapheme', minLength: 4 }), (value) => {
        for (const [how, write] of WRITERS) {
          if (how.includes('URL') && !value.isWellFormed()) continue
          const text = write(value)
          if (text.length >= 4) expect(hideValues([value])(`. ${text}`), how).toContain('[secret]')
        }
      }),
    )
  })
})

test('the longer of two values is hidden as one, and one of three letters not at all', () => {
  expect(hideValues(['tok-1', 'tok-1-and-more', 'abc'])('tok-1-and-more, tok-1, abc')).toBe(
    '[secret], [secret], abc',
  )
})

describe('of a text that was cut', () => {
  const hide = hideValues([SECRET, 'tok-8842-abcdef'])

  test.each(WRITERS.slice(0, 10))('no beginning of a value is left, written %s', (_how, write) => {
    const whole = `the key ${write(SECRET)}`
    for (let length = whole.length - 1; length > 'the key '.length; length--) {
      const hidden = hide(whole.slice(0, length), true)
      expect(hidden).toMatch(/^the key (?:\[secret\]|.{0,3}.{0,12})$/s)
      expect(hidden).not.toMatch(/ss.{1,6}w/)
    }
  })

  test('nor of its base64, nor where the cut goes through a character', () => {
    const written = Buffer.from('tok-8842-abcdef').toString('base64')
    expect(hide(`basic ${written.slice(0, 11)}`, true)).toBe('basic [secret]')
    const bytes = Buffer.from(`key ${SECRET}`)
    const cut = bytes.subarray(0, bytes.indexOf(Buffer.from('ö')) + 1).toString()
    expect(hide(cut, true)).toBe('key [secret]')
  })

  test('what does not end with one stays as it is, and so does what was not cut', () => {
    expect(hide('all is well', true)).toBe('all is well')
    expect(hide('begins as tok-8842', false)).toBe('begins as tok-8842')
    expect(hide('as tok', true)).toBe('as tok')
  })
})

test('a long text is searched in a moment, whatever it repeats, among hundreds of values', () => {
  const values = Array.from({ length: 100 }, (_, n) => `/"key-${String(n)}\\${'x'.repeat(200)}&+`)
  const hide = hideValues(values)
  for (const unit of ['\\', '&', '&#0', '"', '/', 'key-', '\\u', 'ordinary text, ']) {
    const text = unit.repeat(Math.ceil(300_000 / unit.length))
    const startedMs = performance.now()
    hide(text, true)
    expect(performance.now() - startedMs, unit).toBeLessThan(5_000)
  }
})

test('a value of any length is hidden, to its last character', () => {
  const value = Array.from({ length: 5_000 }, (_, at) => `${String(at)}-`).join('')
  const hide = hideValues([value])
  expect(hide(`before ${value} behind`)).toMatch(/^before (\[secret\])+ behind$/)
  expect(hide(Buffer.from(value).toString('base64'))).toMatch(/^(\[secret\])+$/)
})
