import { expect, test } from 'vitest'
import { parseCount, parseRate } from './number-option.ts'
import { parseTime } from './time-option.ts'

const NOW = Date.parse('2026-01-31T09:30:00Z')

test.each([
  ['30s', '2026-01-31T09:29:30.000Z'],
  ['15m', '2026-01-31T09:15:00.000Z'],
  ['2h', '2026-01-31T07:30:00.000Z'],
  ['7d', '2026-01-24T09:30:00.000Z'],
  ['2026-01-01T00:00:00+01:00', '2025-12-31T23:00:00.000Z'],
])('the time %s is %s', (text, time) => {
  expect(parseTime(text, NOW).toISOString()).toBe(time)
})

test.each(['yesterday', '', '5', '5w', '-5m', '2026-01-01', '2026-13-01T00:00:00Z', '1e3s'])(
  '"%s" is no time',
  (text) => {
    expect(() => parseTime(text, NOW)).toThrow('use a time')
  },
)

test.each(['0', '-1', '1.5', 'x', '', '1e3'])('"%s" is no count', (text) => {
  expect(() => parseCount(text)).toThrow('1 or more')
})

test('a rate may be a fraction, and is more than nothing', () => {
  expect(parseRate('0.5')).toBe(0.5)
  for (const text of ['0', '-1', 'x', '1e9']) expect(() => parseRate(text)).toThrow('above 0')
})
