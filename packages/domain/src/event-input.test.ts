import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { eventInputSchema, isDeeperThan, MAX_DATA_DEPTH } from './event-input.ts'
import { fieldErrors } from './field-errors.ts'

const minimal = { type: 'order.placed', data: { total: 5 } }

/** The paths of what is wrong, in order, each once. */
function wrongPaths(input: unknown): string[] {
  const result = eventInputSchema.safeParse(input)
  return result.success ? [] : [...new Set(fieldErrors(result.error).map((error) => error.path))]
}

test('a type and data are enough', () => {
  expect(eventInputSchema.parse(minimal)).toEqual(minimal)
})

test('every field a caller may send is kept as it is', () => {
  const full = {
    ...minimal,
    id: 'order-17',
    source: 'shop',
    subject: 'orders/17',
    time: '2026-01-31T10:30:00.5+01:00',
    targets: ['crm', 'email'],
  }
  expect(eventInputSchema.parse(full)).toEqual(full)
})

test('every mistake is reported at once, each with its path', () => {
  const input = {
    type: 'no spaces',
    id: '-',
    source: '',
    subject: '',
    time: 'today',
    targets: ['CRM', 'ok'],
    x: 1,
  }
  expect(wrongPaths(input)).toEqual(['type', 'data', 'id', 'source', 'subject', 'time', 'targets[0]', 'x'])
})

test('unknown fields are refused by name, not dropped', () => {
  expect(wrongPaths({ ...minimal, subjct: 'a', Data: 1 })).toEqual(['subjct', 'Data'])
})

test.each(['text', null, [minimal], 5])('a body of %j is not an event', (input) => {
  expect(wrongPaths(input)).toEqual(['(root)'])
})

test('data may be any JSON value', () => {
  fc.assert(
    fc.property(fc.jsonValue(), (data) => {
      expect(wrongPaths({ type: 'a', data })).toEqual([])
    }),
    { examples: [[null], [false], [0], ['']] },
  )
})

test('data must be there', () => {
  expect(wrongPaths({ type: 'a' })).toEqual(['data'])
})

test('a type is 1 to 255 letters, digits, dots, underscores and hyphens', () => {
  fc.assert(
    fc.property(fc.stringMatching(/^[A-Za-z0-9._-]{1,255}$/), (type) => {
      expect(wrongPaths({ ...minimal, type })).toEqual([])
    }),
    { examples: [['a'], ['a'.repeat(255)]] },
  )
})

test.each(['', 'a'.repeat(256), 'a b', 'a/b', 'ä', 'a\n', 'order:placed', 'order.*', 5])(
  'a type may not be %j',
  (type) => {
    expect(wrongPaths({ ...minimal, type })).toEqual(['type'])
  },
)

test.each(['a', '0', 'evt_01ARZ3NDEKTSV4RRFFQ69G5FAV', 'a.b_c~d-e', 'a'.repeat(128)])(
  'an id may be %j',
  (id) => {
    expect(wrongPaths({ ...minimal, id })).toEqual([])
  },
)

test.each(['', '-a', '.a', '_a', '~', 'a b', 'a/b', 'a:b', '{a}', 'é', 'a\n', 'a'.repeat(129)])(
  'an id may not be %j',
  (id) => {
    expect(wrongPaths({ ...minimal, id })).toEqual(['id'])
  },
)

test.each(['source', 'subject'])('a %s has 1 to 1,024 characters', (field) => {
  expect(wrongPaths({ ...minimal, [field]: 'a' })).toEqual([])
  expect(wrongPaths({ ...minimal, [field]: 'a'.repeat(1_024) })).toEqual([])
  expect(wrongPaths({ ...minimal, [field]: '' })).toEqual([field])
  expect(wrongPaths({ ...minimal, [field]: 'a'.repeat(1_025) })).toEqual([field])
})

test.each(['2026-01-31T09:30:00Z', '2026-01-31T09:30:00.123456Z', '2026-01-31T09:30:00-05:30'])(
  'a time may be %s',
  (time) => {
    expect(wrongPaths({ ...minimal, time })).toEqual([])
  },
)

test.each([
  '2026-01-31',
  '2026-01-31T09:30:00',
  '2026-01-31T09:30Z',
  '2026-02-30T09:30:00Z',
  '1769851800',
  5,
])('a time may not be %j', (time) => {
  expect(wrongPaths({ ...minimal, time })).toEqual(['time'])
})

test('a list of targets names at least one and at most a thousand', () => {
  const names = Array.from({ length: 1_001 }, (_, index) => `t${String(index)}`)
  expect(wrongPaths({ ...minimal, targets: [] })).toEqual(['targets'])
  expect(wrongPaths({ ...minimal, targets: ['crm'] })).toEqual([])
  expect(wrongPaths({ ...minimal, targets: names.slice(1) })).toEqual([])
  expect(wrongPaths({ ...minimal, targets: names })).toEqual(['targets'])
})

test.each(['id', 'specversion', 'data', 'datacontenttype', 'Upper', 'x'.repeat(21)])(
  'an extension may not be named %s',
  (name) => {
    expect(wrongPaths({ ...minimal, extensions: { [name]: 'a' } })).toHaveLength(1)
    expect(wrongPaths({ ...minimal, extensions: { mine: 'a', 2: 5 } })).toEqual([])
  },
)

describe('depth', () => {
  const nested = (levels: number): unknown => {
    let value: unknown = 'leaf'
    for (let level = 0; level < levels; level++) value = level % 2 === 0 ? [value] : { a: value }
    return value
  }

  const depthOf = (value: unknown): number =>
    typeof value === 'object' && value !== null ? 1 + Math.max(0, ...Object.values(value).map(depthOf)) : 0

  test('a value is deeper than a limit exactly when its depth is greater', () => {
    fc.assert(
      fc.property(fc.jsonValue({ maxDepth: 6 }), fc.nat({ max: 8 }), (value, limit) => {
        expect(isDeeperThan(value, limit)).toBe(depthOf(value) > limit)
      }),
    )
  })

  test('data may nest 64 levels deep, and not one deeper', () => {
    expect(isDeeperThan(nested(64), MAX_DATA_DEPTH)).toBe(false)
    expect(isDeeperThan(nested(65), MAX_DATA_DEPTH)).toBe(true)
  })

  test('the deepest branch counts, wherever it is', () => {
    expect(isDeeperThan([1, { a: 1 }, [[[]]], 'last'], 3)).toBe(true)
    expect(isDeeperThan({ first: null, second: { third: [] } }, 3)).toBe(false)
  })

  test('a hundred thousand levels are judged without exhausting the stack', () => {
    expect(isDeeperThan(nested(100_000), MAX_DATA_DEPTH)).toBe(true)
  })
})
