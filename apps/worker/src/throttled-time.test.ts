import { expect, test } from 'vitest'
import { createThrottledTime } from './throttled-time.ts'

test('time counts as it passes, and no longer than was asked for', () => {
  const time = createThrottledTime()
  time.asked('crm', 1_000, 0)
  const spent = [0, 400, 1_000, 5_000].map((nowMs) => time.spentMs(nowMs).get('crm'))
  expect(spent).toEqual([0, 400, 1_000, 1_000])
})

test('what is asked for while it waits counts once', () => {
  const time = createThrottledTime()
  time.asked('crm', 1_000, 0)
  time.asked('crm', 1_000, 500)
  time.asked('crm', 100, 600)
  expect(time.spentMs(9_000).get('crm')).toBe(1_500)
})

test('waits that do not meet are added, for each target by itself', () => {
  const time = createThrottledTime()
  time.asked('crm', 1_000, 0)
  time.asked('mail', 200, 0)
  time.asked('crm', 1_000, 5_000)
  expect(Object.fromEntries(time.spentMs(9_000))).toEqual({ crm: 2_000, mail: 200 })
})
