/** What somebody sees who sends a file: how far it is, how fast, and what it came to. */
import { ManifoldError, type BatchItem } from '@manifold/client'
import { expect, test } from 'vitest'
import { openProgressLine } from '../terminal/progress-line.ts'
import { createReport, type Report } from './report.ts'

const accepted = (replayed: boolean): BatchItem => ({
  kind: 'accepted',
  index: 0,
  event: {
    id: 'evt_1',
    type: 'order.placed',
    status: 'pending',
    acceptedAt: '2026-01-31T09:30:00.000Z',
    deliveries: [],
    links: { self: '/v1/events/evt_1', stream: '', result: '' },
    replayed,
  },
})

type Stage = {
  readonly report: Report
  readonly results: () => string
  readonly screen: () => string
  readonly pass: (ms: number) => void
}

function stage(options: { json?: boolean; share?: () => number | undefined } = {}): Stage {
  let results = ''
  let screen = ''
  let nowMs = 1_000
  const now = () => nowMs
  const write = (text: string) => {
    screen += text
  }
  const report = createReport({
    output: {
      print: (text) => {
        results += text
        return Promise.resolve()
      },
    },
    json: options.json ?? false,
    progress: openProgressLine({ write, isTTY: true, columns: 100 }, now),
    share: options.share ?? (() => undefined),
    now,
  })
  return {
    report,
    results: () => results,
    screen: () => screen,
    pass: (ms) => {
      nowMs += ms
    },
  }
}

test('while a file is sent a bar tells how much was read, with the counts and the rate', async () => {
  let read = 0.25
  const { report, screen, pass } = stage({ share: () => read })
  pass(500)
  await report.result(1, accepted(false))
  expect(screen()).toContain('[======                  ]  25 % 1 accepted, 0 failed, 2/s')
  pass(500)
  read = 1
  await report.result(2, accepted(true))
  await report.result(3, accepted(false))
  expect(screen()).toContain('[========================] 100 % 1 accepted, 0 failed, 2/s')
})

test('of an input whose length nobody knows only counts and rate are told', async () => {
  const { report, screen, pass } = stage()
  pass(1_000)
  await report.result(1, accepted(false))
  expect(screen()).toContain('1 accepted, 0 failed, 1/s')
  expect(screen()).not.toContain('%')
})

test('what failed stands above the bar, by its line, and in the summary; control characters do nothing', async () => {
  const { report, results, screen, pass } = stage({ share: () => 0.5 })
  await report.result(1, accepted(false))
  await report.broken({ kind: 'broken', line: 2, code: 'malformed-json', detail: 'is not JSON: \u001b[31m' })
  await report.result(3, {
    kind: 'refused',
    index: 2,
    error: new ManifoldError({
      code: 'invalid-event',
      title: 'Not an event',
      errors: [{ path: 'type', message: 'is missing' }],
    }),
  })
  await report.result(4, accepted(true))
  expect(report.failed()).toBe(2)
  expect(screen()).toContain('line 2: is not JSON: \\u001b[31m (malformed-json)\n')
  expect(screen()).toContain('line 3: Not an event; type: is missing (invalid-event)\n')
  pass(2_000)
  await report.summary('key-1')
  expect(results()).toBe('accepted 1, duplicates 1, failed 2 (in 2.0 s, 1 a second)\n')
})

test('programs get a line each, and the screen stays as it was but for the bar', async () => {
  const { report, results, screen, pass } = stage({ json: true })
  await report.broken({ kind: 'broken', line: 1, code: 'malformed-json', detail: 'is not JSON' })
  pass(500)
  await report.summary('key-1')
  expect(
    results()
      .trim()
      .split('\n')
      .map((line) => JSON.parse(line) as unknown),
  ).toEqual([
    { line: 1, problem: { code: 'malformed-json', detail: 'is not JSON' } },
    { summary: { accepted: 0, duplicates: 0, failed: 1, durationMs: 500, idempotencyKey: 'key-1' } },
  ])
  expect(screen()).not.toContain('line 1')
})
