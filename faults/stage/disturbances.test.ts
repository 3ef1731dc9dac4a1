import { expect, test } from 'vitest'
import { disturbancesOf, noteDisturbances } from './disturbances.ts'

const LONG_AGO_MS = 10_000

function noted(kind: 'producer' | 'worker', drainMs = 0) {
  const all = noteDisturbances()
  return { all, of: disturbancesOf(all, { name: `${kind} 1`, kind, drainMs }) }
}

test('what is done to a producer excuses no duplicate', () => {
  const { all, of } = noted('producer')
  of.killed('SIGKILL')
  of.paused('SIGSTOP')()
  of.stopping('SIGTERM', Date.now() - LONG_AGO_MS)()
  expect(all.windows().map(({ excuses }) => excuses)).toEqual(Array(3).fill('first-attempts'))
})

test('a worker that ends within its drain excuses no duplicate', () => {
  const { all, of } = noted('worker', 60_000)
  of.stopping('SIGTERM')()
  expect(all.windows()).toMatchObject([{ excuses: 'lateness', part: 'worker 1' }])
})

test('a worker that outlives its drain excuses what came twice from then on', () => {
  const { all, of } = noted('worker', 2_000)
  const fromMs = Date.now() - LONG_AGO_MS
  of.stopping('SIGTERM', fromMs)()
  expect(all.windows()).toMatchObject([
    { excuses: 'lateness', fromMs },
    { excuses: 'duplicates', fromMs: fromMs + 2_000 },
  ])
})

test('what is over ends when it is, and what goes on ends now', () => {
  const { all } = noted('worker')
  const over = all.begin('maxmemory', 'lateness', { fromMs: 5, target: 'alpha' })
  const beforeMs = Date.now()
  expect(all.windows()[0]?.untilMs).toBeGreaterThanOrEqual(beforeMs)
  over()
  over()
  const [window, ...others] = all.windows()
  expect(window).toMatchObject({ what: 'maxmemory', target: 'alpha', fromMs: 5 })
  expect(window?.untilMs).toBeLessThanOrEqual(Date.now())
  expect(others).toEqual([])
})
