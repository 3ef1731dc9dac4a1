import { expect, test } from 'vitest'
import type { Finding } from '../oracle/finding.ts'
import type { Window } from '../oracle/windows.ts'
import type { Try } from './lane.ts'
import { countTries } from './tries.ts'

const hung: Try = { producer: 'producer 1', status: 'timeout', fromMs: 1_000, tookMs: 5_000 }

function counted(tries: readonly Try[], { lives = true, windows = [] as readonly Window[] } = {}) {
  const found: Finding[] = []
  const all = countTries({
    lives: () => lives,
    windows: () => windows,
    onFinding: (finding) => found.push(finding),
  })
  for (const one of tries) all.add(one)
  return { found, all }
}

const stopped = (part: string): Window => ({
  what: 'SIGSTOP',
  part,
  excuses: 'first-attempts',
  fromMs: 500,
  untilMs: 2_000,
})

test('a producer that lives and leaves its caller without an answer is found, and counts as that slow', () => {
  const { found, all } = counted([hung])
  expect(found).toMatchObject([{ kind: 'bad-answer', subject: 'producer 1' }])
  expect(all.slowestRefusalMs()).toBe(5_000)
})

test('so is one while only another one is disturbed', () => {
  expect(counted([hung], { windows: [stopped('producer 2')] }).found).toHaveLength(1)
})

test.each([
  ['that was killed', { lives: false }],
  ['that stood still', { windows: [stopped('producer 1')] }],
])('a producer %s owes no answer', (_what, circumstances) => {
  const { found, all } = counted([hung], circumstances)
  expect(found).toEqual([])
  expect(all.slowestRefusalMs()).toBe(0)
})

test('refusals are counted by status; what was taken, or lost with its connection, is none', () => {
  const tries: Try[] = [
    { ...hung, status: 503, tookMs: 700 },
    { ...hung, status: 503, tookMs: 20 },
    { ...hung, status: 202 },
    { ...hung, status: 'lost' },
  ]
  const { found, all } = counted(tries)
  expect([...all.refusals()]).toEqual([[503, 2]])
  expect(all.slowestRefusalMs()).toBe(700)
  expect(found).toEqual([])
})
