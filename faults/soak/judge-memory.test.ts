import { expect, test } from 'vitest'
import { judgeMemory, type Memory, type ProcessMemory } from './judge-memory.ts'

const MEGABYTE = 1_000_000

function process(name: string, live: number, resident: number): ProcessMemory {
  const kind = name.startsWith('worker') ? 'worker' : 'producer'
  return { kind, name, liveBytes: live * MEGABYTE, residentBytes: resident * MEGABYTE }
}

const BEFORE: Memory = {
  processes: [process('producer 1', 40, 140), process('worker 1', 60, 160), process('worker 2', 80, 180)],
  redisBytes: 50 * MEGABYTE,
  events: 1_000,
}

const after = (parts: Partial<Memory>): Memory => ({ ...BEFORE, ...parts })
const withOne = (one: ProcessMemory) => after({ processes: [one] })

test.each([
  ['the same as before', after({})],
  ['a little code and caches more', withOne(process('worker 1', 70, 200))],
  ['one that was started meanwhile, no larger than its kind', withOne(process('worker 7', 85, 190))],
  ['a Redis that keeps more events', after({ redisBytes: 130 * MEGABYTE, events: 11_000 })],
])('well: %s', (_what, memory) => {
  expect(judgeMemory(BEFORE, memory, [])).toEqual([])
})

test.each([
  ['what lives has grown by more than a quarter', 'worker 1', withOne(process('worker 1', 76, 160))],
  [
    'one that was started meanwhile is larger than any was',
    'worker 7',
    withOne(process('worker 7', 101, 180)),
  ],
  ['it is not compared with another kind', 'producer 5', withOne(process('producer 5', 51, 140))],
  ['native memory that no collection gives back', 'worker 1', withOne(process('worker 1', 60, 305))],
  ['a Redis that grows without events', 'Redis', after({ redisBytes: 71 * MEGABYTE })],
])('found: %s', (_what, subject, memory) => {
  expect(judgeMemory(BEFORE, memory, [])).toMatchObject([{ kind: 'memory', subject }])
})

test('found: one that was spared, and is not there at the end', () => {
  const memory = withOne(process('worker 2', 80, 180))
  expect(judgeMemory(BEFORE, memory, ['worker 1', 'worker 2'])).toMatchObject([
    { kind: 'memory', subject: 'worker 1' },
  ])
})
