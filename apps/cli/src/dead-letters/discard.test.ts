import { expect, test } from 'vitest'
import { countsOf } from './discard.ts'

test('no more are discarded than matched, also where counting ended before the last one', () => {
  expect(countsOf({ count: 3 }, { discarded: 1, skipped: 1 })).toEqual({
    matched: 3,
    discarded: 1,
    skipped: 1,
  })
  expect(countsOf({ count: 20_000 }, { discarded: 20_400, skipped: 5 })).toEqual({
    matched: 20_405,
    discarded: 20_400,
    skipped: 5,
  })
})
