import { expect, test } from 'vitest'
import { chooseAnswer, OK, type Answer } from './behaviour.ts'

const DOWN: Answer = { kind: 'status', status: 503 }

test('a sequence answers the requests of a delivery in order; the last answer stays', () => {
  const script = { kind: 'sequence' as const, answers: [DOWN, OK] }
  expect([1, 2, 3].map((attempt) => chooseAnswer(script, attempt, 0, 0))).toEqual([DOWN, OK, OK])
})

test('a flapping target changes with the clock', () => {
  const script = { kind: 'flap' as const, everyMs: 1_000, answers: [OK, DOWN] as [Answer, Answer] }
  expect([0, 999, 1_000, 2_000].map((nowMs) => chooseAnswer(script, 1, nowMs, 0))).toEqual([OK, OK, DOWN, OK])
})

test('mixed answers come as often as they weigh', () => {
  const answers = [
    { weight: 3, answer: OK },
    { weight: 1, answer: DOWN },
  ]
  const at = (random: number) => chooseAnswer({ kind: 'mixed', answers }, 1, 0, random)
  expect([0, 0.74, 0.76, 0.99].map(at)).toEqual([OK, OK, DOWN, DOWN])
})
