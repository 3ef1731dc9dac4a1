import fc from 'fast-check'
import { expect, test } from 'vitest'
import { compileTypePattern, typePatternError } from './type-pattern.ts'

const patternSegment = fc.constantFrom('a', 'b', 'ab', 'A', '*', '**')
const anyPattern = fc.array(patternSegment, { minLength: 1, maxLength: 6 }).map((parts) => parts.join('.'))
// Types may hold dots anywhere, so some segments are empty.
const typeSegment = fc.constantFrom('a', 'b', 'ab', 'A', '')
const anyType = fc.array(typeSegment, { minLength: 1, maxLength: 6 }).map((parts) => parts.join('.'))

/** The same rules as a regular expression, each segment with the dot before it. */
function naiveModel(pattern: string): (type: string) => boolean {
  const parts = pattern.split('.').map((segment) => {
    if (segment === '**') return '(\\.[^.]*)*'
    return segment === '*' ? '\\.[^.]*' : `\\.${segment}`
  })
  const expression = new RegExp(`^${parts.join('')}$`)
  return (type) => expression.test(`.${type}`)
}

test('a pattern takes exactly the types that the naive model takes', () => {
  fc.assert(
    fc.property(anyPattern, anyType, (pattern, type) => {
      expect(compileTypePattern(pattern)(type)).toBe(naiveModel(pattern)(type))
    }),
    { numRuns: 2_000 },
  )
})

test.each([
  ['order.placed', 'order.placed', true],
  ['order.placed', 'order.placed.late', false],
  ['order.placed', 'orderXplaced', false],
  ['order.placed', 'Order.placed', false],
  ['order.*', 'order.placed', true],
  ['order.*', 'order.item.added', false],
  ['order.*', 'order', false],
  ['order.**', 'order.item.added', true],
  ['order.**', 'order', true],
  ['order.**', 'orders.placed', false],
  ['*', 'order', true],
  ['*', 'order.placed', false],
  ['**', 'order.item.added', true],
  ['**.added', 'order.item.added', true],
  ['**.added', 'added', true],
  ['order.**.added', 'order.added', true],
  ['order.**.added', 'order.item.line.added', true],
  ['order.**.added', 'order.item.removed', false],
  ['**.*', 'order', true],
  ['*.**.*', 'order', false],
])('the pattern %s answers for the type %s: %s', (pattern, type, expected) => {
  expect(compileTypePattern(pattern)(type)).toBe(expected)
})

test('a long run of ** is one **: it takes no longer', () => {
  const pattern = `${'**.'.repeat(40)}last`
  expect(compileTypePattern(pattern)(`${'any.'.repeat(40)}first`)).toBe(false)
})

test('however many ** a pattern has, and whatever stands between them, it is answered at once', () => {
  const startMs = performance.now()
  const pattern = `${'**.a.'.repeat(60)}**.b`
  expect(compileTypePattern(pattern)(Array(120).fill('a').join('.'))).toBe(false)
  expect(compileTypePattern(pattern)(`${Array(120).fill('a').join('.')}.b`)).toBe(true)
  expect(performance.now() - startMs).toBeLessThan(1_000)
})

test('segments of letters, digits, underscores and hyphens, * and ** in any order are well formed', () => {
  const name = fc.stringMatching(/^[A-Za-z0-9_-]{1,10}$/)
  const segments = fc.array(fc.oneof(name, fc.constantFrom('*', '**')), { minLength: 1, maxLength: 8 })
  fc.assert(
    fc.property(segments, (parts) => {
      expect(typePatternError(parts.join('.'))).toBeUndefined()
    }),
  )
})

test.each([
  '',
  '.',
  '.order',
  'order.',
  'order..placed',
  'order*',
  '*order',
  '***',
  'order.**x',
  'order placed',
])('%j is not a pattern, and the message shows it', (pattern) => {
  expect(typePatternError(pattern)).toContain(`"${pattern}" is not a type pattern`)
})

test.each(['ördér', 'order.placed\n', 'order/placed', 'order,placed', 'order.(placed)', 'order.[ab]'])(
  '%j holds a character that no pattern may hold',
  (pattern) => {
    expect(typePatternError(pattern)).toContain('is not a type pattern')
  },
)
