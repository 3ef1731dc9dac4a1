import { afterEach, beforeEach, expect, test, vi } from 'vitest'
import { createOpenStreams } from './open-streams.ts'

beforeEach(() => void vi.useFakeTimers())
afterEach(() => void vi.useRealTimers())

const stream = () => ({ beat: vi.fn(), leave: vi.fn() })

test('all that are open beat together; when none is open no timer runs', () => {
  const streams = createOpenStreams({ max: 5, beatMs: 10, leaving: new AbortController().signal })
  expect(vi.getTimerCount()).toBe(0)
  const [one, other] = [stream(), stream()]
  const [leaveOne, leaveOther] = [streams.enter(one), streams.enter(other)]
  expect(vi.getTimerCount()).toBe(1)
  vi.advanceTimersByTime(20)
  leaveOne?.()
  vi.advanceTimersByTime(10)
  expect(one.beat).toHaveBeenCalledTimes(2)
  expect(other.beat).toHaveBeenCalledTimes(3)
  leaveOther?.()
  leaveOther?.()
  expect(streams.count()).toBe(0)
  expect(vi.getTimerCount()).toBe(0)
})

test('when the producer stops all are told, and one that comes then is told at once', () => {
  const leaving = new AbortController()
  const streams = createOpenStreams({ max: 5, beatMs: 10, leaving: leaving.signal })
  const [early, late] = [stream(), stream()]
  streams.enter(early)
  leaving.abort()
  streams.enter(late)
  expect(early.leave).toHaveBeenCalledOnce()
  expect(late.leave).toHaveBeenCalledOnce()
})

test('more than there may be do not enter', () => {
  const streams = createOpenStreams({ max: 1, beatMs: 10, leaving: new AbortController().signal })
  const leave = streams.enter(stream())
  expect(streams.enter(stream())).toBeUndefined()
  leave?.()
  expect(streams.enter(stream())).toBeDefined()
})
