import { expect, test } from 'vitest'
import { judge, type Bound } from './verdict.ts'

test.each<[Bound, number, boolean]>([
  [{ kind: 'at-least', value: 1.3 }, 1.3, true],
  [{ kind: 'at-least', value: 1.3 }, 1.29, false],
  [{ kind: 'at-most', value: 1.2 }, 1.2, true],
  [{ kind: 'at-most', value: 1.2 }, 1.21, false],
  [{ kind: 'below', value: 25 }, 24.9, true],
  [{ kind: 'below', value: 25 }, 25, false],
  [{ kind: 'below', value: 25 }, NaN, false],
  [{ kind: 'at-least', value: 0 }, NaN, false],
])('%o of %d: reached is %s', (bound, measured, reached) => {
  expect(judge('it', 'ms', bound, measured)).toEqual({ what: 'it', unit: 'ms', bound, measured, reached })
})
