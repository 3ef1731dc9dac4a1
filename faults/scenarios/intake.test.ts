import { expect, test } from 'vitest'
import type { Try } from '../stage/lane.ts'
import { expectQuickRefusals, untilIntakeIsBack } from './intake.ts'

type Answer = (tries: number, sinceMs: number) => Try['status']

/** A stage with producers that answer so. */
function stageWith(...answers: Answer[]) {
  const startedMs = performance.now()
  const broken: string[] = []
  const notes: string[] = []
  const counts = new Map<string, number>()
  const producers = answers.map((_, index) => ({
    name: `producer ${String(index + 1)}`,
    origin: '',
    alive: () => true,
  }))
  const stage = {
    producers: () => producers,
    probe: ({ name }: { readonly name: string }): Promise<Try> => {
      const count = (counts.get(name) ?? 0) + 1
      counts.set(name, count)
      const answer = answers[producers.findIndex((one) => one.name === name)]
      const status = answer?.(count, performance.now() - startedMs) ?? 'lost'
      return Promise.resolve({ producer: name, status, fromMs: Date.now(), tookMs: 1 })
    },
    note: (text: string) => notes.push(text),
    expect: (kept: boolean, promise: string, detail: string) => {
      if (!kept) broken.push(`${promise}: ${detail}`)
    },
  }
  return { stage, broken, notes }
}

const AT_ONCE: Answer = () => 202

test('intake is back when every producer takes events, not the first of them', async () => {
  const third: Answer = (tries) => (tries < 3 ? 503 : 202)
  const { stage, broken, notes } = stageWith(AT_ONCE, third)
  expect(await untilIntakeIsBack(stage)).toBeGreaterThan(90)
  expect([broken, notes]).toEqual([[], []])
})

test('one that is late is found, with what each try met', async () => {
  const late: Answer = (tries, sinceMs) => (sinceMs > 2_050 ? 202 : tries === 1 ? 'timeout' : 503)
  const { stage, broken, notes } = stageWith(AT_ONCE, late)
  await untilIntakeIsBack(stage)
  expect(broken).toHaveLength(1)
  expect(broken[0]).toMatch(
    /^intake is back within 2000 ms: producer 2 after \d+ ms: 1 × timeout .*, \d+ × 503 .*, 1 × 202/,
  )
  expect(notes).toHaveLength(1)
})

test('without a producer intake is not back', async () => {
  const { stage, broken } = stageWith()
  await untilIntakeIsBack(stage)
  expect(broken).toHaveLength(1)
})

test.each([
  [1_900, 0],
  [5_000, 1],
])('a slowest refusal of %d ms breaks %d promises', (slowestMs, count) => {
  const { stage, broken } = stageWith()
  expectQuickRefusals({ ...stage, slowestRefusalMs: () => slowestMs })
  expect(broken).toHaveLength(count)
})
