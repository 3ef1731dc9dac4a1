/** JSON with one thing wrong in it: in its values, or in its text. */
import fc from 'fast-check'

/** Numbers that JSON.stringify would not write are written from a string that begins so. */
const RAW = 'raw:'

const NASTY: readonly unknown[] = [
  null,
  true,
  [],
  {},
  '',
  ' ',
  'x'.repeat(1_025),
  'x'.repeat(30_000),
  -1,
  0.1,
  2 ** 53,
  Number.MAX_VALUE,
  ...['NaN', 'Infinity', '1e999', '-0', '12345678901234567890', '1e-400', '0x10', '01'].map(
    (raw) => RAW + raw,
  ),
  'NaN',
  '\u0000',
  'a\u0000b',
  '\ud800',
  '\udc00\ud800',
  '\u202e\u2028',
  '__proto__',
  'constructor',
  '../../etc/passwd',
  '2026-02-30T00:00:00Z',
  '9999-12-31T23:59:60Z',
  '+010000-01-01T00:00:00Z',
  ['x', ['y']],
  { toString: 1, then: 2, length: -1 },
  Object.fromEntries([['__proto__', { isAdmin: true }]]),
  nested(10),
  nested(65),
  nested(2_000),
]

const NASTY_KEYS = [
  '__proto__',
  'constructor',
  'prototype',
  'toString',
  '',
  '\u0000',
  '\ud800',
  'x'.repeat(2_000),
]

function nested(levels: number): unknown {
  let value: unknown = 1
  for (let level = 0; level < levels; level++) value = level % 2 === 0 ? [value] : { in: value }
  return value
}

/** The same value with one thing in it replaced, left out or added, as text. */
export function brokenJson(good: fc.Arbitrary<unknown>): fc.Arbitrary<string> {
  return fc
    .record({
      value: good,
      how: fc.constantFrom('replace', 'replace', 'remove', 'add'),
      where: fc.nat(30),
      nasty: fc.constantFrom(...NASTY),
      key: fc.constantFrom(...NASTY_KEYS),
    })
    .map(({ value, how, where, nasty, key }) => {
      const places = placesIn(value)
      const place = places[where % places.length] ?? []
      if (how === 'add') return asText(change(value, place, (old) => withMember(old, key, nasty)))
      if (how === 'remove') return asText(change(value, place, () => undefined))
      return asText(change(value, place, () => nasty))
    })
}

/** Text that is nearly JSON: cut off, doubled, or with something put into it. */
export function brokenText(good: fc.Arbitrary<unknown>): fc.Arbitrary<Buffer> {
  const inserted = [
    [0xff],
    [0xc0, 0x80],
    [0xed, 0xa0, 0x80],
    [0],
    [0xef, 0xbb, 0xbf],
    [0xe2, 0x80, 0xa8],
    [0x5b],
  ]
  return fc
    .record({
      value: good,
      at: fc.nat(2_000),
      how: fc.constantFrom('cut', 'double', 'bom', 'insert'),
      what: fc.constantFrom(...inserted),
    })
    .map(({ value, at, how, what }) => {
      const bytes = Buffer.from(asText(value))
      const place = at % (bytes.length + 1)
      if (how === 'cut') return bytes.subarray(0, place)
      if (how === 'double') return Buffer.concat([bytes, bytes])
      if (how === 'bom') return Buffer.concat([Buffer.from([0xef, 0xbb, 0xbf]), bytes])
      return Buffer.concat([bytes.subarray(0, place), Buffer.from(what), bytes.subarray(place)])
    })
}

/** `undefined` as a whole is no text. */
export function asText(value: unknown): string {
  const text = value === undefined ? '' : JSON.stringify(value)
  return text.replaceAll(new RegExp(`"${RAW}([^"]*)"`, 'g'), '$1')
}

type Place = readonly (string | number)[]

function placesIn(value: unknown, at: Place = []): Place[] {
  if (typeof value !== 'object' || value === null) return [at]
  return [at, ...Object.entries(value).flatMap(([key, inner]) => placesIn(inner, [...at, key]))]
}

function change(value: unknown, [key, ...rest]: Place, how: (old: unknown) => unknown): unknown {
  if (key === undefined) return how(value)
  if (typeof value !== 'object' || value === null) return value
  const entries = Object.entries(value).map(([name, inner]) => [
    name,
    name === String(key) ? change(inner, rest, how) : (inner as unknown),
  ])
  return Array.isArray(value) ? entries.map(([, inner]) => inner) : Object.fromEntries(entries)
}

function withMember(value: unknown, key: string, member: unknown): unknown {
  if (Array.isArray(value)) return [...(value as unknown[]), member]
  if (typeof value !== 'object' || value === null) return member
  return Object.fromEntries([...Object.entries(value), [key, member]])
}
