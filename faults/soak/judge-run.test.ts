import { expect, test } from 'vitest'
import { judgeRun } from './judge-run.ts'
import { KINDS } from './mishaps.ts'

const RUN = { minutes: 30, delivered: 200_000, drawn: new Map([['a', 3]]), kinds: ['a'] }

test('half an hour with 200,000 deliveries and every kind of mishap is enough', () => {
  expect(judgeRun(RUN)).toEqual([])
})

test('too few deliveries are found', () => {
  expect(judgeRun({ ...RUN, delivered: 190_000 })).toMatchObject([{ subject: 'deliveries' }])
})

test('a kind that a long run never drew is found; a short one need not have met every kind', () => {
  const kinds = ['a', 'b']
  expect(judgeRun({ ...RUN, kinds })).toMatchObject([{ subject: 'b', detail: 'it was never drawn' }])
  expect(judgeRun({ ...RUN, kinds, minutes: 5 })).toEqual([])
})

test('every kind of mishap has a name of its own', () => {
  expect(new Set(KINDS).size).toBe(KINDS.length)
})
